"""The one grid map as vector tiles, TileJSON and styles."""
