"""What the inspector shows: the namespace after a run, one value in detail, and some values while a loop runs."""
