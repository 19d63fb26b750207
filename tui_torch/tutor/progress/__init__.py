"""Keeping what the learner typed, tried, answered and finished, in one SQLite file that several windows share."""
