"""The arena: problems from scratch, which come with the tutor beside its course."""
