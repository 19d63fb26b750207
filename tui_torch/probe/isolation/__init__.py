"""Running beside the learner's code without a trace in it, and every private name of PyTorch and Jupyter."""
