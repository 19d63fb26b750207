"""The screen of one's own program: a script or a notebook, its cells, and the file that they are saved to."""
