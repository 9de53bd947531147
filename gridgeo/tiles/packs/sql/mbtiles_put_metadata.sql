-- SQLite: one thing that an MBTiles file says of itself. Parameters: name, value.
INSERT INTO metadata VALUES (?, ?)
