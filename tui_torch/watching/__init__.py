"""Beside a command that trains: starting it, reading what its processes record, and what is kept of earlier ones."""
