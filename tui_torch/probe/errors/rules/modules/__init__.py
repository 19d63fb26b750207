"""Errors of modules: how they are written, made, called and loaded."""
