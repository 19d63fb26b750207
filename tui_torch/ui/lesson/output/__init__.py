"""What the code printed, returned and raised, below the editor."""
