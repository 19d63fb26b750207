"""The screens in front of the lesson: help, the list of lessons, a graph, a question."""
