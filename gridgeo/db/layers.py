"""A layer: what one kind of thing shows on the map, said once by the capability that owns it.

Tiles, and later analysis and OGC, read layers and never copy their SQL. A layer's statement takes
`version`, `z`, `x`, `y`, and yields rows `id`, `geom` (in tile units) and the fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One map layer.

    Parameters
    ----------
    name : str
        Its name in URLs and in tiles.
    geometry : str
        'polygon', 'line' or 'point'.
    statement : bytes
        SQL of one tile.
    fields : mapping of str to str
        Field names and their TileJSON descriptions.
    parameters : mapping of str to object
        Fixed parameters of the statement, such as the level.
    permission : str, optional
        What a caller must be allowed to; open to everybody without.
    """

    name: str
    geometry: str
    statement: bytes
    fields: Mapping[str, str]
    parameters: Mapping[str, object]
    permission: str | None = None
