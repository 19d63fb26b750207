"""Teaching without a screen: the learner's place in the course, runs and grades, practice, replay and progress."""
