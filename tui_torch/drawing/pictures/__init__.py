"""Pictures of tensors: the pixels of several beside each other, the colours of numbers, and what is said of them."""
