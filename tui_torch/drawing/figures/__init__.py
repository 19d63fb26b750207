"""Pictures that code displays, as characters."""
