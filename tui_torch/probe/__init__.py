"""What is loaded inside the kernel, beside the learner's code: the only package that imports torch."""
