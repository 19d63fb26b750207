"""Watching a training run, and giving notes as an experienced colleague would."""
