"""Recording a training loop: its losses, optimizers, epochs and logged values."""
