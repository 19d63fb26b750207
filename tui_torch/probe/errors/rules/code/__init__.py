"""Rules of the code itself: characters, indentation, `with`, pickling, and errors that were raised from others."""
