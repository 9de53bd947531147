"""Tiles written to files: offline packs, the static page, what differs between two versions."""
