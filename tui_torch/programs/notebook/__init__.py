"""Notebooks: their JSON, what its cells hold, and changes that touch nothing else in the file."""
