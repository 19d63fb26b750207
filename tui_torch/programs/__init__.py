"""One's own programs as data: cells read from a script or a notebook, saved back, and what has run of them.

Nothing here runs code, draws, or knows PyTorch.
"""
