"""A coverage drawn with fewer corners, in whole tile units: no gap, no overlap, nothing lost."""
