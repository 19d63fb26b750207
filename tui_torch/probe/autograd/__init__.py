"""The autograd graph of a value: its operations, what they saved, and the derivative of each."""
