"""Tiles drawn from the coverage in memory: generalised per zoom band, cut and encoded."""
