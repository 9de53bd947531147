"""How the map changes: plans of edits, up to a publication."""
