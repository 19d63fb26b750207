"""Moving through a recorded run."""
