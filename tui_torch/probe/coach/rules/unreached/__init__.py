"""An optimizer that no loss reaches, and the part of the code that a loss is computed by."""
