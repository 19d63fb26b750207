"""Practice: when each exercise and quiz is due, what a round of it holds, and what is known and fading."""
