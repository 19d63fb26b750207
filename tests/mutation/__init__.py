"""Mutation testing: `python -m tests.mutation` breaks the core at random places, and shows what no test notices."""
