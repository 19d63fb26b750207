"""Hearing, in the thread of a recording, what CPython says of the learner's code as it runs: frames, lines, errors.

Python 3.11 has `sys.settrace` alone; later ones have `sys.monitoring`, which costs nothing in code of others.
"""
