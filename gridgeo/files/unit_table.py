"""Units as features of a file: the columns that `gridgeo load` takes back, and some to read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from gridgeo.files.target import Target
from gridgeo.files.write import Feature, write_features
from gridgeo.units.model import Unit


@dataclass(frozen=True, slots=True)
class Row:
    """A unit with what it does not hold itself: area in m2 and the unit of the top level."""

    unit: Unit
    area_m2: float
    top_code: str | None


def write_units(target: Target, rows: Iterable[Row], top_column: str = "district_code") -> int:
    """Write units to a file and return how many; see `write_features`.

    Columns: code, name, level, parent_code, legal_parent_code, the top level's code (under
    `top_column`), households, area_m2, leaf, synthetic.
    """
    text = pa.string()
    columns = {
        "code": text, "name": text, "level": text, "parent_code": text, "legal_parent_code": text,
        top_column: text, "households": pa.int32(), "area_m2": pa.float64(), "leaf": pa.bool_(),
        "synthetic": pa.bool_(),
    }  # fmt: skip
    return write_features(target, columns, _features(rows))


def _features(rows: Iterable[Row]) -> Iterator[Feature]:
    for row in rows:
        unit = row.unit
        values = (
            unit.code, unit.name, unit.level, unit.parent_code, unit.legal_parent_code,
            row.top_code, unit.households, row.area_m2, unit.is_leaf, unit.synthetic,
        )  # fmt: skip
        yield Feature(values, unit.shape)
