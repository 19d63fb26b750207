"""Typing in the editor: indentation, lines at once, what is pasted."""
