"""Errors of shapes: broadcasting, products, reshaping and joining."""
