"""Lessons as data: their format, reading them from files, and proving that they do what they say."""
