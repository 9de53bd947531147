-- SQLite: what an MBTiles file says of itself.
CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL)
