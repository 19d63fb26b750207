"""What an answer to an exercise is held to besides the code of its checks, and what was found of it."""
