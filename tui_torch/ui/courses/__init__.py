"""Other courses in the app: the list of them, and going to one once the learner agrees to it."""
