"""Documentation in reStructuredText, as PyTorch's is, laid out as text to read."""
