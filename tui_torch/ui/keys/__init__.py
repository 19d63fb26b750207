"""The keys: each is declared once, and bound, shown and explained from there."""
