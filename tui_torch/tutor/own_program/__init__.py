"""A program of the learner's own while it is open: what was typed, what has run, and the file it is saved to."""
