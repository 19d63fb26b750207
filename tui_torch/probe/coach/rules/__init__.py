"""The rules of the coach, one file for each family of mistakes."""
