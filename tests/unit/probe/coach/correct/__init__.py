"""Correct training loops of many kinds, by family: about none of them has the coach anything to say."""
