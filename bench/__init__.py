"""Reproducible measurements against real peers, in one run, as ratios."""
