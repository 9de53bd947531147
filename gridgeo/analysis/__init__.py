"""How many and how dense."""
