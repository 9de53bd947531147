"""Tiles in one file: PMTiles 3 for static servers and browsers, MBTiles 1.3 for devices and GIS.

https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md

Equal tiles give equal bytes: no clock, no chance, no order but that of the tiles.
"""

import gzip
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, Entry, HeaderDict, TileType, serialize_header, tileid_to_zxy
from pmtiles.writer import optimize_directories

from gridgeo.db.sql import statement
from gridgeo.tiles.model import center
from gridgeo.tiles.packs.staging import Numbered

MBTILES_METADATA = statement(__package__, "mbtiles_metadata").decode()
MBTILES_TILES = statement(__package__, "mbtiles_tiles").decode()
MBTILES_TILE_INDEX = statement(__package__, "mbtiles_tile_index").decode()
MBTILES_PUT_METADATA = statement(__package__, "mbtiles_put_metadata").decode()
MBTILES_PUT_TILE = statement(__package__, "mbtiles_put_tile").decode()

HEADER_BYTES, HEAD_BYTES = 127, 16_384
"""A PMTiles file begins with its header and root directory, which together have so much room."""

MBTILES_MARK = 0x4D504258
"""What MBTiles writes as SQLite's `application_id`."""


@dataclass(frozen=True)
class About:
    """What a pack says of itself.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees.
    vector_layers
        As TileJSON has them: id, description, minzoom, maxzoom, fields.
    more
        Whatever else is to be said, such as the map version.
    """

    name: str
    description: str
    attribution: str
    bounds: tuple[float, float, float, float]
    minzoom: int
    maxzoom: int
    vector_layers: Sequence[Mapping[str, Any]]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def center(self) -> tuple[float, float, int]:
        """Where a map opens: lon, lat, and a zoom."""
        lon, lat, zoom = center(self.bounds, self.minzoom, self.maxzoom)
        return round(lon, 7), round(lat, 7), int(zoom)

    @property
    def words(self) -> dict[str, Any]:
        """What both formats say in the same words."""
        return {
            "name": self.name,
            "description": self.description,
            "attribution": self.attribution,
            "type": "baselayer",
            "version": str(self.more.get("map_version", 1)),
        }


Write = Callable[[Path, Iterable[Numbered], About], None]


# --- PMTiles -----------------------------------------------------------------------------------


def write_pmtiles(path: Path, tiles: Iterable[Numbered], about: About) -> None:
    """Write gzipped tiles, given ascending by number, as PMTiles 3.

    Tiles stand right after the room for the root directory, so that they are written as they come;
    tiles with equal bytes are stored once.
    """
    with path.open("wb") as file:
        file.seek(HEAD_BYTES)
        entries, counts = _write_tiles(file, tiles)
        metadata = _packed(json.dumps(_metadata(about), ensure_ascii=False).encode())
        root, leaves, _ = optimize_directories(  # type: ignore[no-untyped-call]  # untyped upstream
            entries, HEAD_BYTES - HEADER_BYTES
        )
        end = file.tell()
        file.write(metadata + leaves)
        file.seek(0)
        header = _header(about)
        header["root_length"] = len(root)
        header["tile_data_length"] = end - HEAD_BYTES
        header["metadata_offset"], header["metadata_length"] = end, len(metadata)
        header["leaf_directory_offset"] = end + len(metadata)
        header["leaf_directory_length"] = len(leaves)
        header["tile_entries_count"] = len(entries)
        header["addressed_tiles_count"], header["tile_contents_count"] = counts
        file.write(serialize_header(header) + root)
        _settle(file)


def _metadata(about: About) -> dict[str, Any]:
    return {**about.words, "vector_layers": about.vector_layers, **about.more}


def _header(about: About) -> HeaderDict:
    """Return a header in which the sizes of the parts are still to be filled in."""
    lon, lat, zoom = about.center
    west, south, east, north = (round(side * 1e7) for side in about.bounds)
    return {
        "version": 3,
        "root_offset": HEADER_BYTES,
        "root_length": 0,
        "metadata_offset": 0,
        "metadata_length": 0,
        "leaf_directory_offset": 0,
        "leaf_directory_length": 0,
        "tile_data_offset": HEAD_BYTES,
        "tile_data_length": 0,
        "addressed_tiles_count": 0,
        "tile_entries_count": 0,
        "tile_contents_count": 0,
        "clustered": True,
        "internal_compression": Compression.GZIP,
        "tile_compression": Compression.GZIP,
        "tile_type": TileType.MVT,
        "min_zoom": about.minzoom,
        "max_zoom": about.maxzoom,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": zoom,
        "center_lon_e7": round(lon * 1e7),
        "center_lat_e7": round(lat * 1e7),
    }


def _write_tiles(file: Any, tiles: Iterable[Numbered]) -> tuple[list[Entry], tuple[int, int]]:
    """Write tiles and return their entries; how many there are, how many different ones."""
    entries: list[Entry] = []
    places: dict[bytes, int] = {}
    offset = count = 0
    for number, data in tiles:
        count += 1
        mark = blake2b(data, digest_size=16).digest()
        found = places.setdefault(mark, offset)
        last = entries[-1] if entries else None
        if last and found == last.offset and number == last.tile_id + last.run_length:
            last.run_length += 1
            continue
        entries.append(Entry(number, found, len(data), 1))
        if found == offset:
            file.write(data)
            offset += len(data)
    return entries, (count, len(places))


# --- MBTiles -----------------------------------------------------------------------------------


def write_mbtiles(path: Path, tiles: Iterable[Numbered], about: About) -> None:
    """Write gzipped tiles as MBTiles 1.3; raises `sqlite3.Error` when there is no room."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = OFF")
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute(f"PRAGMA application_id = {MBTILES_MARK}")
        conn.execute("BEGIN")
        conn.execute(MBTILES_METADATA)
        conn.execute(MBTILES_TILES)
        conn.executemany(MBTILES_PUT_METADATA, _metadata_rows(about).items())
        conn.executemany(MBTILES_PUT_TILE, map(_row, tiles))
        conn.execute(MBTILES_TILE_INDEX)
        conn.execute("COMMIT")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _row(tile: Numbered) -> tuple[int, int, int, bytes]:
    zoom, x, y = tileid_to_zxy(tile[0])
    return zoom, x, (1 << zoom) - 1 - y, tile[1]


def _metadata_rows(about: About) -> dict[str, str]:
    rows = {
        **about.words,
        "format": "pbf",
        "bounds": ",".join(f"{side:.7f}" for side in about.bounds),
        "center": ",".join(str(part) for part in about.center),
        "minzoom": str(about.minzoom),
        "maxzoom": str(about.maxzoom),
        "json": json.dumps({"vector_layers": about.vector_layers}, ensure_ascii=False),
    }
    told = {k: v if isinstance(v, str) else json.dumps(v) for k, v in about.more.items()}
    return {**rows, **told}


# --- both --------------------------------------------------------------------------------------

WRITERS: Mapping[str, Write] = {".pmtiles": write_pmtiles, ".mbtiles": write_mbtiles}
"""How a pack is written, by the end of its name."""


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _settle(file: Any) -> None:
    """Have what was written on the disk before the file gets its name."""
    file.flush()
    os.fsync(file.fileno())
