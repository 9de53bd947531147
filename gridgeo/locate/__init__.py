"""Where a point is: the index of a map version, and the placement it answers with."""
