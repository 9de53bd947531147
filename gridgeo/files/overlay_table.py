"""Exclusive grids with their parties as features of a file that `gridgeo load` takes back."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import pyarrow as pa

from gridgeo.files.overlays import KEYS, Answering, Overlay
from gridgeo.files.target import Target
from gridgeo.files.write import Feature, write_features


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """An exclusive grid with its parties and its area in m2."""

    overlay: Overlay
    area_m2: float


def write_overlays(target: Target, rows: Iterable[OverlayRow]) -> int:
    """Write exclusive grids to a file and return how many features; see `write_features`.

    Columns: code, name, kind, area_m2, synthetic, and `parties`, a JSON list of objects. Text in a
    Shapefile ends after 254 bytes, so there each party is a feature of its own, in the columns
    party_code, party_name, party_kind, party_role, party_contact, party_scheme, party_category.
    """
    text = pa.string()
    grid = {"code": text, "name": text, "kind": text, "area_m2": pa.float64(),
            "synthetic": pa.bool_()}  # fmt: skip
    if target.is_shapefile:
        columns = {**grid, **dict.fromkeys([f"party_{key}" for key in KEYS], text)}
        return write_features(target, columns, _by_party(rows))
    return write_features(target, {**grid, "parties": text}, _by_grid(rows))


def _by_grid(rows: Iterable[OverlayRow]) -> Iterator[Feature]:
    for row in rows:
        parties = [_said(party) for party in row.overlay.parties]
        written = json.dumps(parties, ensure_ascii=False)
        yield Feature((*_grid_values(row), written), row.overlay.grid.shape)


def _by_party(rows: Iterable[OverlayRow]) -> Iterator[Feature]:
    for row in rows:
        for party in row.overlay.parties or (None,):
            said = {} if party is None else _said(party)
            values = (*_grid_values(row), *(said.get(key) for key in KEYS))
            yield Feature(values, row.overlay.grid.shape)


def _grid_values(row: OverlayRow) -> tuple[object, ...]:
    grid = row.overlay.grid
    return grid.code, grid.name, grid.kind, row.area_m2, grid.synthetic


def _said(party: Answering) -> dict[str, str]:
    return {key: value for key, value in asdict(party).items() if value}
