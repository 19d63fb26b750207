"""Explaining an exception: what it means for the values that the failing line names, and a fix that works."""
