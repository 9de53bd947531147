"""What the map is: units, shapes, exclusive grids, versions, and `publish`."""
