"""Whether the course and the probe do the same on every release of PyTorch and Python that is promised."""
