"""Formulas in LaTeX as characters: in Unicode or ASCII, on one line or, where they stand by themselves, on several."""
