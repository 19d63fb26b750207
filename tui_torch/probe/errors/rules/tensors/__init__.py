"""Rules of operations on tensors: einsum, splitting, random numbers, and what is asked of an empty tensor."""
