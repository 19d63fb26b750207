"""A program of the learner's, run in the kernel as `python FILE` would run it."""
