"""The plain face: every command that prints to the terminal without opening the app."""
