"""Describing one value of the learner's: its summary, its text, its memory, and the path that leads to it."""
