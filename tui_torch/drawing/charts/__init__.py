"""Charts of training runs and of fits, and the runs that they keep."""
