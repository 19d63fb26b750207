"""What the learner's code says: call sites, names in scope, lines."""
