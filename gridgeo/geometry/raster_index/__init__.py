"""Two-level raster over a coverage with exact borders: the engine behind `PointIndex`."""
