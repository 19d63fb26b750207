"""The keys of one's own programs."""
