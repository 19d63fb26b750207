"""The problems of the arena as the learner has left them."""
