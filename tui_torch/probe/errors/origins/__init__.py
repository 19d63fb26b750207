"""Where a value came from, read from the code without running it."""
