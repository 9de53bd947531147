"""Which column of a layer means what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from gridgeo.errors import BadInput
from gridgeo.files.model import Layer
from gridgeo.units.model import Profile

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "code": ("code",),
    "name": ("name",),
    "parent": ("parent_code", "parent_cod"),
    "level": ("level",),
    "households": ("households",),
    "legal_parent": ("legal_parent_code", "legal_pare"),
    "synthetic": ("synthetic",),
    "parties": ("parties",),
    "party_code": ("party_code",),
    "party_name": ("party_name",),
    "party_kind": ("party_kind",),
    "party_role": ("party_role",),
    "party_contact": ("party_contact", "party_cont"),
    "party_scheme": ("party_scheme", "party_sche"),
    "party_category": ("party_category", "party_cate"),
    "kind": (),
}
"""Columns taken when none is named; a Shapefile keeps the first ten letters of each.

Those of parties and the kind are for exclusive grids; the kind is taken only where it is named.
"""

REQUIRED = ("code", "name")


class Picked(NamedTuple):
    """The columns of one layer: by meaning, and (level, code column, name column) from below up."""

    by_meaning: Mapping[str, str]
    above: Sequence[tuple[str, str, str | None]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column means what: `named` by meaning, `above` by level (code and name column)."""

    named: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], profile: Profile) -> Self:
        """Read a mapping file: tables `columns` (meaning = column) and `levels.<level>`.

        Raises
        ------
        BadInput
            A meaning or key is unknown; names it.
        UnknownKeyword
            A level is not one of the profile.
        """
        for key in [*(set(document) - {"columns", "levels"}), *(
            set(document.get("columns", {})) - set(DEFAULTS)
        )]:  # fmt: skip
            raise BadInput(
                f"The mapping has an unknown key {key!r}; the tables are columns "
                f"({', '.join(DEFAULTS)}) and levels.<level> (code, name).",
                key=key,
            )
        above = {}
        for level, row in document.get("levels", {}).items():
            if "code" not in row:
                raise BadInput(f"levels.{level} of the mapping lacks 'code'.", key="code")
            above[profile.level(level).level] = (row["code"], row.get("name"))
        return cls(dict(document.get("columns", {})), above)

    def pick(self, layer: Layer, profile: Profile) -> Picked:
        """Find the columns in a layer; raises `BadInput` that lists what the layer has."""
        present = {column.lower(): column for column in reversed(list(layer.columns))}
        found = {}
        for meaning, usual in DEFAULTS.items():
            wanted = (self.named[meaning],) if meaning in self.named else usual
            hits = [present[name.lower()] for name in wanted if name.lower() in present]
            if hits:
                found[meaning] = hits[0]
            elif meaning in self.named or meaning in REQUIRED:
                raise _no_column(layer, wanted[0], meaning)
        return Picked(found, [self._columns_of(layer, name, present)
                              for name in reversed(profile.level_names)
                              if name in self.above or f"{name}_code" in present])  # fmt: skip

    def _columns_of(
        self, layer: Layer, level: str, present: Mapping[str, str]
    ) -> tuple[str, str, str | None]:
        if level not in self.above:
            return level, present[f"{level}_code"], present.get(f"{level}_name")
        code, name = self.above[level]
        for column in (code, name):
            if column is not None and column.lower() not in present:
                raise _no_column(layer, column, f"levels.{level}")
        return level, present[code.lower()], None if name is None else present[name.lower()]


def _no_column(layer: Layer, column: str, meaning: str) -> BadInput:
    there = ", ".join(layer.columns) or "none"
    return BadInput(
        f"{layer.file} has no column {column!r} for the {meaning}; its columns are: {there}. "
        f"Say which one it is with --column {meaning}=COLUMN, or in a mapping file with --map.",
        key=meaning,
        value=column,
    )
