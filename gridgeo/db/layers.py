"""A layer: what one kind of thing shows on the map, said once by the capability that owns it.

Tiles, and later analysis and OGC, read layers and never copy their SQL. A layer's statement takes

- `reach`: the box of a tile and what lies close around it, EWKB of EPSG:4326;
- `z`: the zoom, so that it may show less from afar;
- `version`: the map version, if it depends on one (only then a tile of it may be kept for ever);
- the layer's own `parameters`;

and yields rows `id`, `geom` (EPSG:4326) and the `fields`, ascending by `id`, for everything that
comes into the box and possibly more. Cutting to a tile and encoding is not its work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

Reckon = Callable[[Connection[Any], Mapping[str, Any]], Mapping[str, Any]]
"""Returns further parameters of a statement, for a tile whose parameters are given."""


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
        SQL of what comes into a box.
    fields : mapping of str to str
        Field names and their TileJSON descriptions.
    parameters : mapping of str to object
        Fixed parameters of the statement, such as the level.
    permission : str, optional
        What a caller must be allowed to; open to everybody without.
    buffer : int
        How far a tile goes on beyond its edges, in its 4,096ths; 0 for points that must stand in
        one tile only.
    reckon : callable, optional
        Returns further parameters, such as figures that are kept in memory; with a connection that
        is in no pipeline.
    one_plan : bool
        Whether one plan of the statement is good for all zooms; else it is planned for each tile.
    breaks : mapping of str to sequence of int
        Of each field that is a class from 1 on, where its classes begin from 2 on.
    """

    name: str
    geometry: str
    statement: bytes
    fields: Mapping[str, str]
    parameters: Mapping[str, object]
    permission: str | None = None
    buffer: int = 64
    reckon: Reckon | None = None
    one_plan: bool = True
    breaks: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def completed(self, conn: Connection[Any], given: Mapping[str, object]) -> Mapping[str, object]:
        """Return the parameters of a tile with what is reckoned for it."""
        return given if self.reckon is None else {**given, **self.reckon(conn, given)}

    @property
    def prepare(self) -> bool | None:
        """Whether the driver may keep a plan of the statement: False, or as it likes."""
        return None if self.one_plan else False
