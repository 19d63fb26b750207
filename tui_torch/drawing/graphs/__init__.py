"""Autograd graphs: their layout, their drawing, their words."""
