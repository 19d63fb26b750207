"""Processes that train together, compared: a line for each, and what only shows across them."""
