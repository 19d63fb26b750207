"""Kernels of others in a plain terminal: the command `attach`."""
