"""Measurements of what the design promises about speed: `python -m tests.benchmarks [name…]`."""
