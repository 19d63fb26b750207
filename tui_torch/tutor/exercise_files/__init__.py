"""Exercises as files of the learner's, which are read and graded, and never written into."""
