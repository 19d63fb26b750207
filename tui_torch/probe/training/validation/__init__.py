"""Losses that are computed without gradients by the function that computes the training's: how validation goes."""
