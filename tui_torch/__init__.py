"""A terminal tutor for PyTorch: lessons that run live, tensors you can see, a loss chart that moves."""

__version__ = "0.1.0"
