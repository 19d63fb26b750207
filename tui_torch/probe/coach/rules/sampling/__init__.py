"""Which data a step gets: the same again, a small part of it, or numbers that wrapped around."""
