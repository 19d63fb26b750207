"""What helps to write code: completion, signatures and documentation, from live objects and from the code."""
