"""Rules of values that are of another kind than the line needs: None, lists, arrays, methods that were not called."""
