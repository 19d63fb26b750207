"""Rules about losses that do not move: nothing steps, the steps are far too small, or the gradients are 0."""
