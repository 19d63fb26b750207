"""Drawing numbers, curves, graphs and text with characters, without a user interface."""
