"""What plots draw of a run: the values of a step's `plot:`, and the texts that a training makes."""
