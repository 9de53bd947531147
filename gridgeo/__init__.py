"""gridgeo: one city, one grid map; every point has one grid and one party that answers for it."""

__version__ = "0.1.0"
