"""Rules of training: optimizers, their options, schedulers, and what scales a loss."""
