-- SQLite: one tile. Parameters: zoom, column, row from the south, gzip of the tile.
INSERT INTO tiles VALUES (?, ?, ?, ?)
