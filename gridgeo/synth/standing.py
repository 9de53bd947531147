"""What stands in each leaf: buildings, parks and devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.geometry.lattice import to_degrees
from gridgeo.synth.buildings import build
from gridgeo.synth.model import SynthAsset, SynthBuilding, SynthDevice
from gridgeo.synth.rings import degrees_points, degrees_polygon
from gridgeo.synth.sites import sites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.buildings import Lot
    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Frame, Ring
    from gridgeo.synth.sites import Sites
    from gridgeo.synth.sizes import Sizes

CAMERA_KINDS = (("camera_fixed", 0.70), ("camera_ptz", 0.22), ("vehicle_capture", 0.08))
SENSOR_KINDS = (
    ("smoke", 0.24), ("street_light", 0.16), ("manhole", 0.12), ("hydrant", 0.09),
    ("ebike_lift", 0.08), ("charging_pile", 0.07), ("water_level", 0.05), ("gas_leak", 0.04),
    ("pipe_leak", 0.04), ("audio_column", 0.03), ("noise", 0.03), ("air_quality", 0.02),
    ("sos_point", 0.02), ("weather", 0.01),
)  # fmt: skip
_GB28181_IPC = "132"
_PARK_EVERY = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything in the leaves, in their order, and the free point and the doors of each leaf."""

    buildings: tuple[SynthBuilding, ...]
    parks: tuple[SynthAsset, ...]
    devices: tuple[SynthDevice, ...]
    free_points: dict[str, shapely.Point]
    doors: dict[str, list[shapely.Point]]


def furnish(
    leaves: Sequence[Node],
    sizes: Sizes,
    frame: Frame,
    rng: np.random.Generator,
    progress: Callable[[float], None],
) -> Standing:
    """Put buildings, parks and devices on the ground of the leaves."""
    lots: list[Lot] = []
    spots: list[Ring] = []
    lucky = rng.random(len(leaves)) < 1.0 / _PARK_EVERY
    for k, leaf in enumerate(leaves):
        coarse = sites(leaf.outline(), 36, leaf.angle, frame)
        lots.append(build(leaf, coarse, bool(lucky[k]) and leaf.kind == "urban", frame, rng))
        spots.append(_spots(leaf, coarse, sizes, frame, rng))
        progress((k + 1) / len(leaves))
    centres = degrees_points(np.array([spot[0] for spot in spots]))
    buildings = _buildings(leaves, lots)
    doors: dict[str, list[shapely.Point]] = {}
    for building in buildings:
        doors.setdefault(building.leaf_code, []).append(building.entrance)
    return Standing(
        buildings,
        _parks(leaves, lots),
        _devices(leaves, [spot[1:] for spot in spots], sizes, rng),
        dict(zip((leaf.code for leaf in leaves), centres, strict=True)),
        doors,
    )


def _spots(leaf: Node, ground: Sites, sizes: Sizes, frame: Frame, rng: np.random.Generator) -> Ring:
    """Choose the leaf's deepest point, then one point for each device, all clear of the border."""
    ring = leaf.outline()
    count = int(rng.poisson(sizes.cameras_per_leaf + sizes.sensors_per_leaf))
    chosen = np.concatenate([[ground.deepest()], rng.integers(len(ground.points), size=count)])
    turn = rng.uniform(0.0, 2.0 * np.pi, count + 1)
    off = rng.uniform(0.0, 0.6, count + 1) * np.minimum(ground.clearance[chosen], ground.pitch)
    off[0] = 0.0
    shift = np.column_stack([np.cos(turn), np.sin(turn)]) * off[:, None]
    points: Ring = frame.lattice(ground.points[chosen] + shift) + ring[0]
    return points


def _buildings(leaves: Sequence[Node], lots: Sequence[Lot]) -> tuple[SynthBuilding, ...]:
    corners = to_degrees(np.concatenate([lot.footprints for lot in lots]))
    footprints: list[shapely.Polygon] = np.asarray(shapely.polygons(corners)).tolist()
    entrances = degrees_points(np.concatenate([lot.entrances for lot in lots]))
    rows = [
        (leaf.code, number, households)
        for leaf, lot in zip(leaves, lots, strict=True)
        for number, households in enumerate(lot.households, start=1)
    ]
    return tuple(
        SynthBuilding(f"{code}-{number:03d}", code, footprint, entrance, households)
        for (code, number, households), footprint, entrance in zip(
            rows, footprints, entrances, strict=True
        )
    )


def _parks(leaves: Sequence[Node], lots: Sequence[Lot]) -> tuple[SynthAsset, ...]:
    parks = [
        (leaf, degrees_polygon(lot.park))
        for leaf, lot in zip(leaves, lots, strict=True)
        if lot.park is not None
    ]
    return tuple(
        SynthAsset(f"P{k:05d}", f"{leaf.short}游园", "park", shape)
        for k, (leaf, shape) in enumerate(parks, start=1)
    )


def _devices(
    leaves: Sequence[Node], spots: Sequence[Ring], sizes: Sizes, rng: np.random.Generator
) -> tuple[SynthDevice, ...]:
    """Give kinds and codes to device points: GB/T 28181 form for cameras, a short one otherwise."""
    points = degrees_points(np.concatenate(spots))
    owners = [leaf.code for leaf, spot in zip(leaves, spots, strict=True) for _ in range(len(spot))]
    camera_share = sizes.cameras_per_leaf / (sizes.cameras_per_leaf + sizes.sensors_per_leaf)
    is_camera = rng.random(len(points)) < camera_share
    kinds = np.where(
        is_camera, _kinds(CAMERA_KINDS, len(points), rng), _kinds(SENSOR_KINDS, len(points), rng)
    )
    return tuple(
        SynthDevice(_device_code(owner, bool(camera), number), str(kind), owner, point)
        for number, (owner, camera, kind, point) in enumerate(
            zip(owners, is_camera, kinds, points, strict=True), start=1
        )
    )


def _kinds(
    kinds: tuple[tuple[str, float], ...], count: int, rng: np.random.Generator
) -> NDArray[np.str_]:
    names, shares = zip(*kinds, strict=True)
    return rng.choice(np.array(names), count, p=shares)


def _device_code(leaf_code: str, camera: bool, number: int) -> str:
    """20 digits for a camera (8 centre, 2 trade, 3 type, 1 net, 6 sequence), IOT otherwise."""
    if camera:
        return f"{leaf_code[:6]}0000{_GB28181_IPC}0{number:06d}"
    return f"IOT{leaf_code[:6]}{number:06d}"
