"""Trainings of one's own in a plain terminal: the commands `watch` and `runs`."""
