"""Whose is it: placement + category + time -> assignment."""
