"""The tensors pane: the rows of names, and the selected value in full."""
