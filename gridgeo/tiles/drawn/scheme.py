"""What is drawn: which levels at which zooms, which of them together, and when labels show."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gridgeo.geometry.generalise.coverage import tolerance_units
from gridgeo.geometry.generalise.frame import EXTENT_BITS, FINE_BITS
from gridgeo.tiles.model import TileLayer
from gridgeo.units.layer import LABEL

PIXEL_BITS = 3
"""A screen that shows a tile 512 pixels wide has 8 tile units in a pixel."""


class Shown(NamedTuple):
    """A level at a zoom; levels by their depth.

    The levels of a zoom are drawn together, put together from the finest of them; one that is drawn
    `alone` shares no borders with them, and does not make them finer.
    """

    depth: int
    zoom: int
    alone: bool = False


class LabelRule(NamedTuple):
    """When the label of a unit shows: where it is drawn with its level and has room.

    Attributes
    ----------
    zooms : tuple of int
        For each depth the zooms at which a unit of it is drawn, zoom z as bit z; only those at
        which labels show.
    leaf_zooms : tuple of int
        The same for units below which there are none: they stand for all finer levels.
    room_px : int
        The largest circle within the unit must be as wide, in pixels (512 to a tile).
    last : int
        Deepest zoom: there every unit that is drawn has its label, room or not.
    """

    zooms: tuple[int, ...]
    leaf_zooms: tuple[int, ...]
    room_px: int
    last: int

    def at(self, zoom: int) -> bool:
        """Say whether labels may show at a zoom."""
        return any(zooms >> zoom & 1 for zooms in self.zooms)


class Scheme(NamedTuple):
    """Levels and zooms to draw, ascending, and the rule of labels; None without a layer of them."""

    shown: tuple[Shown, ...]
    labels: LabelRule | None = None


def tolerance_of(shown: Shown) -> float:
    """How far borders may lie from the true ones, in tile units, before rounding.

    At zoom 10 the finest of the levels drawn together has units a hundred pixels wide: there a
    pixel of 512 to a tile, else what the zoom asks for.
    """
    return 8.0 if shown.zoom == 10 and not shown.alone else tolerance_units(shown.zoom)


def scheme_of(layers: Mapping[str, TileLayer], depths: Mapping[str, int]) -> Scheme:
    """Return what is drawn for layers of which some show a level, given by its depth."""
    shown = {
        Shown(depth, zoom)
        for name, depth in depths.items()
        for zoom in range(layers[name].minzoom, layers[name].maxzoom + 1)
    }
    alone = {
        Shown(depth, zoom, True)
        for name, depth in depths.items()
        for zoom in range(layers[name].alone_from, layers[name].minzoom)
        if Shown(depth, zoom) not in shown
    }
    labels = next((one for one in layers.values() if one.name == LABEL), None)
    rule = None if labels is None else _label_rule(labels, sorted(shown))
    return Scheme(tuple(sorted(shown | alone)), rule)


def _label_rule(labels: TileLayer, shown: Sequence[Shown]) -> LabelRule:
    may = sum(1 << zoom for zoom in range(labels.minzoom, labels.maxzoom + 1))
    zooms = [0] * (1 + max((one.depth for one in shown), default=0))
    for one in shown:
        zooms[one.depth] |= 1 << one.zoom & may
    leaf_zooms = list(zooms)
    for depth in reversed(range(len(zooms) - 1)):
        leaf_zooms[depth] |= leaf_zooms[depth + 1]
    return LabelRule(tuple(zooms), tuple(leaf_zooms), labels.room_px, labels.maxzoom)


def finest_of(shown: Sequence[Shown]) -> dict[Shown, int]:
    """Depth of the level that each is put together from."""
    finest: dict[int, int] = {}
    for one in shown:
        if not one.alone:
            finest[one.zoom] = max(one.depth, finest.get(one.zoom, 0))
    return {one: one.depth if one.alone else finest[one.zoom] for one in shown}


def stacks_of(shown: Sequence[Shown]) -> dict[int, dict[int, list[Shown]]]:
    """Return what is drawn together, by the depth of its finest level, then by zoom."""
    stacks: dict[int, dict[int, list[Shown]]] = {}
    for one, finest in sorted(finest_of(shown).items()):
        stacks.setdefault(finest, {}).setdefault(one.zoom, []).append(one)
    return {finest: dict(sorted(stacks[finest].items())) for finest in sorted(stacks)}


def fine_bits_of_pixel(zoom: int) -> int:
    """By how many bits a pixel of a zoom is wider than a fine unit."""
    return FINE_BITS - EXTENT_BITS - zoom + PIXEL_BITS
