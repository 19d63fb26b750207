"""The problems of the arena on a screen of their own: a list, and a grid of what is solved."""
