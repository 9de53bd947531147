"""What a planner may do to the map: one small file per operation, each a value with `change`."""
