"""Steps that are not what they look like: their rate, their clipping, their scale."""
