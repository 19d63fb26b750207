"""Trying an advice out before it is given: a few steps of the learner's loss, on copies."""
