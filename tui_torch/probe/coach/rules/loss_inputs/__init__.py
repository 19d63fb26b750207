"""Losses that are given something that they are not made for."""
