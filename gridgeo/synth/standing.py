"""What stands in each leaf: buildings, parks and devices, as arrays on the lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.synth.buildings import build
from gridgeo.synth.sites import sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.buildings import Lot
    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Frame, Ring
    from gridgeo.synth.sites import Sites
    from gridgeo.synth.sizes import Sizes

    Text = NDArray[np.str_]
    Count = NDArray[np.int64]

CAMERA_KINDS = (("camera_fixed", 0.70), ("camera_ptz", 0.22), ("vehicle_capture", 0.08))
SENSOR_KINDS = (
    ("smoke", 0.24), ("street_light", 0.16), ("manhole", 0.12), ("hydrant", 0.09),
    ("ebike_lift", 0.08), ("charging_pile", 0.07), ("water_level", 0.05), ("gas_leak", 0.04),
    ("pipe_leak", 0.04), ("audio_column", 0.03), ("noise", 0.03), ("air_quality", 0.02),
    ("sos_point", 0.02), ("weather", 0.01),
)  # fmt: skip
_PARK_EVERY = 30


class DeviceCounts(NamedTuple):
    """How many cameras and sensors each leaf gets: (n,) each."""

    cameras: Count
    sensors: Count


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything in the leaves, leaf by leaf; ``_leaf`` arrays are positions among the leaves.

    Parameters
    ----------
    footprints, entrances : int64 arrays (k, 4, 2) and (k, 2)
        Buildings, on the lattice.
    households, building_leaf : int64 arrays (k,)
    parks : list of (int, Ring)
        Leaf and ring of each park.
    devices : int64 array (d, 2)
    device_kinds, device_leaf : arrays (d,)
    free_points : int64 array (n, 2)
        The deepest free point of each leaf.
    """

    footprints: NDArray[np.int64]
    entrances: Ring
    households: Count
    building_leaf: Count
    parks: list[tuple[int, Ring]]
    devices: Ring
    device_kinds: Text
    device_leaf: Count
    free_points: Ring

    def doors(self, leaf: int) -> Ring:
        """Entrances (k, 2) in one leaf."""
        first, last = np.searchsorted(self.building_leaf, (leaf, leaf + 1))
        return self.entrances[first:last]


def furnish(
    leaves: Sequence[Node],
    sizes: Sizes,
    frame: Frame,
    rng: np.random.Generator,
    progress: Callable[[float], None],
    counts: DeviceCounts | None = None,
) -> Standing:
    """Put buildings, parks and devices on the ground of the leaves.

    Without ``counts`` devices follow the means of ``sizes``.
    """
    lots: list[Lot] = []
    spots: list[Ring] = []
    lucky = rng.random(len(leaves)) < 1.0 / _PARK_EVERY
    mean = sizes.cameras_per_leaf + sizes.sensors_per_leaf
    for k, leaf in enumerate(leaves):
        coarse = sites(leaf.outline(), 36, leaf.angle, frame)
        with_park = bool(lucky[k]) and leaf.kind == "urban"
        lots.append(build(leaf, coarse, with_park, sizes, frame, rng))
        count = int(rng.poisson(mean)) if counts is None else int(counts.cameras[k])
        count += 0 if counts is None else int(counts.sensors[k])
        spots.append(_spots(leaf, coarse, count, frame, rng))
        progress((k + 1) / len(leaves))
    numbers = np.arange(len(leaves))
    device_leaf = np.repeat(numbers, [len(spot) - 1 for spot in spots])
    return Standing(
        footprints=np.concatenate([lot.footprints for lot in lots]),
        entrances=np.concatenate([lot.entrances for lot in lots]),
        households=np.concatenate([lot.households for lot in lots]),
        building_leaf=np.repeat(numbers, [len(lot.households) for lot in lots]),
        parks=[(k, lot.park) for k, lot in enumerate(lots) if lot.park is not None],
        devices=np.concatenate([spot[1:] for spot in spots]),
        device_kinds=_device_kinds(device_leaf, sizes, counts, rng),
        device_leaf=device_leaf,
        free_points=np.array([spot[0] for spot in spots]),
    )


def _spots(leaf: Node, ground: Sites, count: int, frame: Frame, rng: np.random.Generator) -> Ring:
    """Choose the leaf's deepest point, then one point for each device, all clear of the border."""
    ring = leaf.outline()
    chosen = np.concatenate([[ground.deepest()], rng.integers(len(ground.points), size=count)])
    turn = rng.uniform(0.0, 2.0 * np.pi, count + 1)
    off = rng.uniform(0.0, 0.6, count + 1) * np.minimum(ground.clearance[chosen], ground.pitch)
    off[0] = 0.0
    shift = np.column_stack([np.cos(turn), np.sin(turn)]) * off[:, None]
    points: Ring = frame.lattice(ground.points[chosen] + shift) + ring[0]
    return points


def _device_kinds(
    device_leaf: Count, sizes: Sizes, counts: DeviceCounts | None, rng: np.random.Generator
) -> Text:
    """Kinds of devices (d,): the cameras of a leaf come first where they are counted."""
    count = len(device_leaf)
    if counts is None:
        share = sizes.cameras_per_leaf / (sizes.cameras_per_leaf + sizes.sensors_per_leaf)
        is_camera = rng.random(count) < share
    else:
        first = np.searchsorted(device_leaf, device_leaf)
        is_camera = np.arange(count) - first < counts.cameras[device_leaf]
    cameras, sensors = (_kinds(kinds, count, rng) for kinds in (CAMERA_KINDS, SENSOR_KINDS))
    return np.where(is_camera, cameras, sensors)


def _kinds(kinds: tuple[tuple[str, float], ...], count: int, rng: np.random.Generator) -> Text:
    names, shares = zip(*kinds, strict=True)
    return rng.choice(np.array(names), count, p=shares)
