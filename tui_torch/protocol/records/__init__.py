"""What is written of trainings that run elsewhere, and the bounded series in it."""
