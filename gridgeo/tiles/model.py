"""A tile request as a value, and the catalogue of layers with their zooms and sets."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from gridgeo.db.layers import Layer
from gridgeo.errors import BadInput, NotFound
from gridgeo.geometry.squares import Box, square_of
from gridgeo.units.model import Unit

MOST_LAYERS = 16
"""Layers that one tile may show."""


@dataclass(frozen=True, slots=True)
class TileLayer:
    """A layer with what `tiles/layers.toml` gives it.

    Parameters
    ----------
    layer
        The layer.
    minzoom, maxzoom
        The zooms at which it shows.
    alone_from
        From this zoom on it shows when nothing else is asked for.
    room_px
        Of labels: how wide the largest circle in a unit must be, in pixels (512 to a tile).
    """

    layer: Layer
    minzoom: int
    maxzoom: int
    alone_from: int
    room_px: int = 0

    @classmethod
    def of(cls, layer: Layer, row: Mapping[str, Any]) -> "TileLayer":
        """Return a layer by its row of `tiles/layers.toml`."""
        first = int(row["minzoom"])
        alone_from, room_px = (
            int(row.get(k, d)) for k, d in (("alone_from", first), ("room_px", 0))
        )
        return cls(layer, first, int(row["maxzoom"]), alone_from, room_px)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def has_versions(self) -> bool:
        """Whether a tile depends on the map version alone; what stands on the ground does not."""
        return b"%(version)s" in self.layer.statement

    @property
    def is_cover(self) -> bool:
        """Whether it shows the cover at a level."""
        return "level" in self.layer.parameters

    @property
    def shows_units(self) -> bool:
        """Whether it shows units of the tree: a cover, or their labels."""
        return self.is_cover or "room_px" in self.layer.parameters

    def shows(self, z: int) -> bool:
        """Say whether the layer has a zoom."""
        return self.minzoom <= z <= self.maxzoom


@dataclass(frozen=True, slots=True)
class Chosen:
    """The layers that a name stands for, in the order named: one, several, or a set of them."""

    name: str
    layers: tuple[TileLayer, ...]

    @property
    def minzoom(self) -> int:
        """The first zoom at which one of them shows."""
        return min(one.minzoom for one in self.layers)

    @property
    def maxzoom(self) -> int:
        """The last zoom at which one of them shows."""
        return max(one.maxzoom for one in self.layers)

    @property
    def permissions(self) -> tuple[str, ...]:
        """What a caller must be allowed to, to see all of them."""
        return tuple({one.layer.permission: 0 for one in self.layers if one.layer.permission})

    def at(self, z: int) -> tuple[TileLayer, ...]:
        """Those that have a zoom; one that stands alone may have more of them."""
        alone = self.layers if len(self.layers) == 1 else ()
        return tuple(one for one in self.layers if one.shows(z)) or tuple(
            one for one in alone if one.alone_from <= z <= one.maxzoom
        )


FIRST_TEMPORARY_ID = 1 << 30
"""Units that a plan makes have ids from here on, in the order of their codes, until they are
published; the ids of published units stay below."""


@dataclass(frozen=True)
class Planned:
    """What a plan makes of the units of the version that it was drawn on.

    Parameters
    ----------
    plan_id, revision, version
        The plan, its revision, and the version that it was drawn on.
    depths
        Depth of each level, 0 for the city.
    gone
        Ids of units that are no more.
    units
        Units that come, or are other than they were, by id.
    parents
        Ids of their parents, by the parents' codes.
    reshaped
        Ids of those of `units` whose shape is another than before.
    """

    plan_id: int
    revision: int
    version: int
    depths: Mapping[str, int]
    gone: frozenset[int]
    units: Mapping[int, Unit]
    parents: Mapping[str, int]
    reshaped: frozenset[int]

    def cover(self, level: str) -> dict[int, Unit]:
        """Return those of the units that the cover at a level has, by id."""
        depth = self.depths[level]
        return {
            number: unit
            for number, unit in self.units.items()
            if unit.level == level or (unit.is_leaf and self.depths[unit.level] < depth)
        }


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One tile of one map version: with these layers, as a plan has it, vertices in a datum.

    Without a datum they are in WGS 84.
    """

    layers: tuple[TileLayer, ...]
    z: int
    x: int
    y: int
    version: int
    datum: str | None = None
    plan: Planned | None = None

    @property
    def has_versions(self) -> bool:
        """Whether the tile depends on the map version alone."""
        return all(one.has_versions for one in self.layers)

    @property
    def square(self) -> Box:
        """The tile and its buffer: west, south, east, north in degrees of its datum."""
        return square_of(self.z, self.x, self.y)

    def parameters(self, layer: Layer, reach: Box | None = None) -> dict[str, object]:
        """Return what a layer's statement takes; `reach` is the square unless said."""
        return {
            **layer.parameters,
            "version": self.version,
            "z": self.z,
            "reach": as_ewkb(reach or self.square),
        }


def attribution(profile: Mapping[str, Any], *, is_synthetic: bool) -> str:
    """Return what a map must say of its source, by the city's profile."""
    number = profile.get("review_number")
    parts = [
        str(profile.get("attribution") or "gridgeo"),
        "" if number is None else f"审图号 {number}",
        "合成数据 synthetic data" if is_synthetic else "",
    ]
    return " · ".join(filter(None, parts))


def center(bounds: Sequence[float], minzoom: int, maxzoom: int) -> list[float]:
    """Return lon, lat and a zoom at which a box, in degrees, is about two tiles wide or high."""
    west, south, east, north = bounds
    wide = max(east - west, (north - south) / math.cos(math.radians((south + north) / 2)), 1e-6)
    zoom = round(math.log2(2 * 360.0 / wide))
    return [(west + east) / 2, (south + north) / 2, float(min(max(zoom, minzoom), maxzoom))]


def said_of(unit: Unit) -> dict[str, str | int | bool | None]:
    """Return what the layer of a cover says of a unit, in the order of its fields."""
    return {
        "code": unit.code, "level": unit.level, "name": unit.name, "parent_code": unit.parent_code,
        "leaf": unit.is_leaf, "households": unit.households, "synthetic": unit.synthetic,
    }  # fmt: skip


def as_ewkb(box: Box) -> bytes:
    """Return a box in degrees as EWKB of EPSG:4326."""
    ewkb: bytes = shapely.to_wkb(shapely.set_srid(shapely.box(*box), 4326), include_srid=True)
    return ewkb


class Catalogue:
    """All layers by name, and the sets of them.

    Parameters
    ----------
    layers
        The layers that there are.
    zooms
        Of each layer that shall be shown, `minzoom` and `maxzoom`.
    sets
        Names that stand for several layers.
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        zooms: Mapping[str, Mapping[str, Any]],
        sets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        by_name = {layer.name: layer for layer in layers}
        _require_known(zooms, by_name)
        self._layers = {name: TileLayer.of(by_name[name], row) for name, row in zooms.items()}
        self._sets = {name: tuple(row["layers"]) for name, row in (sets or {}).items()}
        for names in self._sets.values():
            _require_known(names, self._layers)
        both = sorted(self._sets.keys() & self._layers.keys())
        if both:
            raise ValueError(f"tiles/layers.toml names both a layer and a set: {', '.join(both)}")

    def __iter__(self) -> Iterator[TileLayer]:
        return iter(self._layers.values())

    @property
    def drawn(self) -> dict[str, TileLayer]:
        """The layers that are drawn ahead, by name: those of a cover, and the labels."""
        return {n: one for n, one in self._layers.items() if one.is_cover or one.room_px > 0}

    @property
    def sets(self) -> Mapping[str, Sequence[str]]:
        """The names of the layers of each set."""
        return self._sets

    def get(self, name: str) -> TileLayer:
        """Return a layer; raises `NotFound` listing the layers."""
        if name not in self._layers:
            raise NotFound(
                f"There is no layer {name!r}; the layers are {', '.join(self._layers)}"
                + (f", and the sets {', '.join(self._sets)}." if self._sets else "."),
                key="layer",
                value=name,
            )
        return self._layers[name]

    def choose(self, names: str) -> Chosen:
        """Return the layers of a comma-separated list of layers and sets.

        Raises
        ------
        NotFound
            One of them does not exist.
        BadInput
            There are too many, or one comes twice.
        """
        found = [
            self.get(layer) for name in names.split(",") for layer in self._sets.get(name, (name,))
        ]
        once = {one.name for one in found}
        if len(found) > MOST_LAYERS:
            raise BadInput(
                f"A tile shows at most {MOST_LAYERS} layers; these are {len(found)}. Ask for two "
                "tiles.",
                key="layer",
                value=names,
            )
        if len(once) < len(found):
            raise BadInput(
                "A tile shows each layer once; a set holds layers too: "
                f"{', '.join(one.name for one in found)}.",
                key="layer",
                value=names,
            )
        return Chosen(names, tuple(found))

    def request(
        self, names: str, z: int, x: int, y: int, version: int, datum: str | None = None,
        plan: Planned | None = None,
    ) -> TileRequest:  # fmt: skip
        """Return a tile request; raises `NotFound` for a zoom or tile that is not there.

        A layer that does not have the zoom is left out.
        """
        chosen = self.choose(names)
        layers = chosen.at(z)
        if not layers:
            zooms = f"{names} has" if len(chosen.layers) == 1 else f"Layers of {names} have"
            raise NotFound(f"{zooms} zooms {chosen.minzoom} to {chosen.maxzoom}.", key="z", value=z)
        for key, number in (("x", x), ("y", y)):
            if not 0 <= number < 2**z:
                raise NotFound(
                    f"At zoom {z}, {key} runs from 0 to {2**z - 1}.", key=key, value=number
                )
        return TileRequest(layers, z, x, y, version, datum, plan)


def _require_known(names: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"tiles/layers.toml names layers that do not exist: {', '.join(unknown)}")
