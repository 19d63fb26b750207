"""The files of lessons and courses: what they may hold, and everything that is wrong with one, at its line.

Nothing outside imports this before a file has to be read: pydantic and PyYAML take a fifth of the time to the first
frame.
"""
