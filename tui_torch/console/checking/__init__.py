"""Proving lessons, and what commands that run lesson files have in common."""
