"""The screen of exercises that are solved in an editor of one's own."""
