"""Matrices with labels at their edges, as characters."""
