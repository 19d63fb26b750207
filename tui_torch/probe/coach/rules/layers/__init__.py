"""Layers that do not learn, however the optimizer steps."""
