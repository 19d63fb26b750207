"""The command `run`: a lesson played here and now."""
