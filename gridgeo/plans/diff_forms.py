"""A diff as rows for JSON, as GeoJSON and as CSV."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gridgeo.plans.diff import Changed, Page, Shown, counts
from gridgeo.plans.moved import Move

Row = dict[str, Any]

COLUMNS = (
    "code", "level", "change", "name_before", "name_after", "parent_before", "parent_after",
    "households_before", "households_after", "area_m2_before", "area_m2_after", "ground_to",
)  # fmt: skip


def as_document(page: Page, changed: Sequence[Changed], form: str, said: Row) -> Row:
    """Return a page as a JSON document, of form `json` or `geojson`, beside what else is said.

    `changed` are the units of all pages.
    """
    said = {**said, "total": len(changed), "counts": counts(changed), "next": page.next}
    if form == "geojson":
        return {"type": "FeatureCollection", **said, "features": as_features(page)}
    return {**said, "units": as_rows(page), "moved": as_moves(page)}


def as_rows(page: Page) -> list[Row]:
    """Return a row for each unit: what becomes of it, both states, and both shapes as GeoJSON."""
    return [
        {
            **_summary(shown),
            "before": _state(shown, "before"),
            "after": _state(shown, "after"),
            "old": shown.old and shapely.geometry.mapping(shown.old),
            "new": shown.new and shapely.geometry.mapping(shown.new),
        }
        for shown in page.shown
    ]


def as_moves(page: Page) -> list[Row]:
    """Return a row for each piece of ground that goes from one leaf to another."""
    return [
        {"from": move.from_code, "to": move.to_code, "area_m2": round(move.area_m2, 3)}
        for move in page.moves
    ]


def as_features(page: Page) -> list[Row]:
    """Return GeoJSON features: each unit as it shall be (or was), then each piece of ground."""
    return [*map(_unit_feature, page.shown), *map(_move_feature, page.moves)]


def as_csv(page: Page) -> str:
    """Return a table with a row for each unit; `ground_to` is like `code:m2 code:m2`."""
    given = defaultdict(list)
    for move in page.moves:
        given[move.from_code].append(f"{move.to_code}:{move.area_m2:.2f}")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(shown, given) for shown in page.shown)
    return text.getvalue()


def _summary(shown: Shown) -> Row:
    unit = shown.changed.unit
    return {
        "code": shown.changed.code,
        "level": unit.level,
        "name": unit.name,
        "changes": list(shown.changed.kinds),
    }


def _state(shown: Shown, side: str) -> Row | None:
    state = getattr(shown.changed, side)
    area_m2 = shown.old_m2 if side == "before" else shown.new_m2
    return None if state is None else {**asdict(state), "area_m2": _rounded(area_m2)}


def _rounded(area_m2: float | None) -> float | None:
    return None if area_m2 is None else round(area_m2, 3)


def _unit_feature(shown: Shown) -> Row:
    shape = shown.new if shown.new is not None else shown.old
    properties = {**_summary(shown), "kind": "unit", "before": _state(shown, "before"),
                  "after": _state(shown, "after")}  # fmt: skip
    return _feature(f"unit:{shown.changed.code}", shape, properties)


def _move_feature(move: Move) -> Row:
    properties = {
        "kind": "moved",
        "from": move.from_code,
        "to": move.to_code,
        "area_m2": round(move.area_m2, 3),
    }
    return _feature(f"moved:{move.from_code}:{move.to_code}", move.shape, properties)


def _feature(name: str, shape: BaseGeometry | None, properties: Row) -> Row:
    geometry = None if shape is None else shapely.geometry.mapping(shape)
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _cells(shown: Shown, given: Mapping[str, Sequence[str]]) -> Iterator[object]:
    changed = shown.changed
    yield from (changed.code, changed.unit.level, "+".join(changed.kinds))
    for key in ("name", "parent_code", "households"):
        for state in (changed.before, changed.after):
            yield "" if state is None else getattr(state, key) or ("" if key != "households" else 0)
    for area_m2 in (shown.old_m2, shown.new_m2):
        yield "" if area_m2 is None else f"{area_m2:.3f}"
    yield " ".join(given.get(changed.code, ()))
