"""What is heard of calls in the learner's code: clipping, modes, seeds, where gradients are off."""
