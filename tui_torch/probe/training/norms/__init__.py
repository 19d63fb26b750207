"""How large gradients are, of an optimizer and of each layer, and at which steps they are looked at."""
