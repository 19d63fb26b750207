"""Where IPython and ipykernel call the probe."""
