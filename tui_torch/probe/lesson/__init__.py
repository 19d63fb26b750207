"""Preparing the namespace that a step runs in, and checking what the learner's code left there."""
