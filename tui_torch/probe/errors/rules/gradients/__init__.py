"""Errors of gradients: none there, no graph that leads back, a weight that was replaced."""
