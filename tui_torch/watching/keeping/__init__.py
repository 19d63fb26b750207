"""A command that runs in a terminal of its own, which outlives whoever started it: the keeper, and the way to it."""
