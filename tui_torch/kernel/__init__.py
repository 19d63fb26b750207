"""The other process, which runs the learner's code, and the conversation with it."""
