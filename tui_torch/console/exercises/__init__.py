"""Exercises as files for one's own editor, graded when they are saved."""
