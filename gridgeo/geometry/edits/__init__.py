"""Edits of the map as values: one small file per operation, each ends in a `Delta`."""
