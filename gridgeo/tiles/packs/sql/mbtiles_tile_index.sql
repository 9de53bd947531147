-- SQLite: the index by which readers of an MBTiles file find a tile; made after the rows.
CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)
