"""The Textual face: the app, its keys, and its rooms by what is on the screen."""
