"""`python -m tests.arena`: break the solutions of the arena's problems, and see whether their checks notice."""
