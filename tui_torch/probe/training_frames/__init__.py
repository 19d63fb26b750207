"""The local variables of the functions that train, as they were: copies, which keep nothing of the learner's alive."""
