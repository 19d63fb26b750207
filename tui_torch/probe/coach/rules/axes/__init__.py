"""Axes of the data that a layer takes for others."""
