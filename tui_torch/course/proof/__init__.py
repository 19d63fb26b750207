"""Proving a lesson: that its code does what the lesson says, and that what it shows is complete and fits the screen."""
