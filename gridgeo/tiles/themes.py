"""Figures of units on the drawn map: its borders, other attributes, made of it for each tile."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from psycopg import Connection

from gridgeo.analysis.figures import NONE, Figures
from gridgeo.analysis.layer import UnitTheme
from gridgeo.db.cache import ImmutableCache
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.scheme import Shown
from gridgeo.tiles.drawn.shelf import Shelf
from gridgeo.tiles.drawn.values import KEYS, SHARED, Keys, Values, encoded, keys_with_token
from gridgeo.tiles.model import TileRequest
from gridgeo.units.model import Profile
from gridgeo.units.store import read_profile

_KEPT = 4
"""How many levels' figures stay ready; of 100,000 units one takes 11 MB."""

_OF_UNIT = ("code", "level")
"""What a theme says of a unit beside its figures."""


class Told(NamedTuple):
    """Attributes of a theme, and the keys of its layer without and with a token.

    They hold for the attributes and figures they are made of, which stay alive along with them.
    """

    values: Values
    keys: Keys
    made_of: tuple[Values, Figures]


class DrawnThemes:
    """Themes of units as layers of tiles, out of drawn tiles; safe to share between threads."""

    def __init__(self, themes: Iterable[UnitTheme] = ()) -> None:
        self._themes = {theme.name: theme for theme in themes}
        self._told = ImmutableCache[tuple[int, int], Told](_KEPT)

    def layers(self, conn: Connection[Any], shelf: Shelf, request: TileRequest) -> dict[str, bytes]:
        """Return those layers of a tile that are themes, by name, if their level is drawn there."""
        wanted = [self._themes[one.name] for one in request.layers if one.name in self._themes]
        found = {theme.name: self._layer(conn, shelf, theme, request) for theme in wanted}
        return {name: layer for name, layer in found.items() if layer is not None}

    def _layer(
        self, conn: Connection[Any], shelf: Shelf, theme: UnitTheme, request: TileRequest
    ) -> bytes | None:
        pane = _pane(shelf, read_profile(conn), theme.levels.at(request.z), request.z)
        if pane is None:
            return None
        told = self._of(shelf.drawings.values, theme.figures(conn, request.z))
        return polygon_layer(theme.name, pane, told.values, (request.x, request.y), told.keys)

    def _of(self, values: Values, figures: Figures) -> Told:
        key = id(values), id(figures)
        return self._told.get(key, lambda: told_of(values, figures))


def _pane(shelf: Shelf, profile: Profile, level: str, z: int) -> Pane | None:
    """Return a level as it is drawn at a zoom, with the others if it can be; None if it is not."""
    if level not in profile.level_names:
        return None
    depth, panes = profile.level_names.index(level), shelf.drawings.panes
    return panes.get(Shown(depth, z)) or panes.get(Shown(depth, z, alone=True))


def told_of(values: Values, figures: Figures) -> Told:
    """Return the attributes of a theme, row by row as those of the drawn units."""
    rows = figures.rows_of(values.ids.astype(np.int64))
    columns = [np.where(rows == NONE, NONE, column[rows]) for column in figures.columns.values()]
    numbers, places = np.unique(np.stack(columns, axis=1), return_inverse=True)
    first = values.distinct - np.searchsorted(numbers, 0)  # what is none comes before 0
    tags = np.where(numbers == NONE, NONE, first + np.arange(len(numbers)))[places]
    tags = tags.reshape(len(rows), len(columns))
    of_unit = values.tags[:, [KEYS.index(key) for key in _OF_UNIT]]
    columns_told = np.hstack((of_unit, tags, values.tags[:, -1:])).astype(np.int32)
    made = values.appended(encoded(n) for n in numbers[numbers != NONE].tolist())._replace(
        tags=columns_told,
        firsts=np.full(columns_told.shape, SHARED, dtype=np.int8),
        marks=values.marks[:0],  # by which values are found again when rows are added: here never
    )
    return Told(made, keys_with_token((*_OF_UNIT, *figures.columns)), (values, figures))
