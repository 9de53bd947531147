"""The columns of a city's tables, and their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridgeo.synth.model import (
    SynthAsset,
    SynthBarrier,
    SynthBuilding,
    SynthDevice,
    SynthDutyPost,
    SynthPlace,
    SynthPondingPoint,
    SynthRoad,
)
from gridgeo.synth.standing import CAMERA_KINDS
from gridgeo.synth.table import Drawn, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.places import Posts, Spots
    from gridgeo.synth.streets import Lines

    Text = NDArray[np.str_]

_GB28181_IPC = "132"


def texts(values: Iterable[str]) -> Text:
    """Array (n,) of strings, also of none."""
    return np.array(list(values), dtype=np.str_)


def _numbers(pattern: str, count: int) -> Text:
    return texts(pattern.format(k) for k in range(1, count + 1))


def buildings_table(
    footprints: Drawn, entrances: Drawn, households: NDArray[np.int64], leaf_codes: Text
) -> Table[SynthBuilding]:
    """Table buildings in the order of their leaves; codes count within a leaf."""
    fresh = np.r_[True, leaf_codes[1:] != leaf_codes[:-1]]
    position = np.arange(len(leaf_codes))
    number = position - np.maximum.accumulate(np.where(fresh, position, 0)) + 1
    codes = texts(f"{c}-{n:03d}" for c, n in zip(leaf_codes.tolist(), number.tolist(), strict=True))
    return Table(
        SynthBuilding,
        code=codes,
        leaf_code=leaf_codes,
        footprint=footprints.geometries(),
        entrance=entrances.geometries(),
        households=households,
    )


def devices_table(points: Drawn, kinds: Text, leaf_codes: Text) -> Table[SynthDevice]:
    """Devices with codes that count through each district.

    A camera has 20 digits (8 centre, 2 trade, 3 type, 1 net, 6 sequence), a sensor begins with IOT.
    """
    cameras = np.isin(kinds, [kind for kind, _ in CAMERA_KINDS])
    districts = [code[:6] for code in leaf_codes.tolist()]
    counts = dict.fromkeys(districts, 0)
    codes = []
    for district, camera in zip(districts, cameras.tolist(), strict=True):
        counts[district] += 1
        prefix = f"{district}0000{_GB28181_IPC}0" if camera else f"IOT{district}"
        codes.append(f"{prefix}{counts[district]:06d}")
    return Table(
        SynthDevice, code=texts(codes), kind=kinds, leaf_code=leaf_codes, point=points.geometries()
    )


def roads_table(lines: Lines) -> Table[SynthRoad]:
    """Centrelines, numbered in their order."""
    return Table(
        SynthRoad,
        code=_numbers("R{:06d}", len(lines.lines)),
        name=lines.names,
        road_class=lines.kinds,
        line=lines.lines.geometries(),
    )


def barriers_table(lines: Lines) -> Table[SynthBarrier]:
    """Barriers, numbered in their order."""
    return Table(
        SynthBarrier,
        code=_numbers("B{:06d}", len(lines.lines)),
        name=lines.names,
        kind=lines.kinds,
        line=lines.lines.geometries(),
    )


def assets_table(lamps: Drawn, parks: Drawn, park_names: Sequence[str]) -> Table[SynthAsset]:
    """Lamps, then parks."""
    codes = [_numbers("L{:06d}", len(lamps)), _numbers("P{:05d}", len(parks))]
    names = [_numbers("路灯{}", len(lamps)), texts(park_names)]
    kinds = np.repeat(texts(("lamp", "park")), (len(lamps), len(parks)))
    shapes = np.concatenate([lamps.geometries(), parks.geometries()])
    return Table(SynthAsset, code=_chained(codes), name=_chained(names), kind=kinds, shape=shapes)


def ponding_table(points: Drawn) -> Table[SynthPondingPoint]:
    """Points where water collects, numbered in their order."""
    return Table(
        SynthPondingPoint,
        code=_numbers("W{:04d}", len(points)),
        name=_numbers("易积水点{}", len(points)),
        point=points.geometries(),
    )


def places_table(spots: Spots) -> Table[SynthPlace]:
    """Places, numbered in their order."""
    return Table(
        SynthPlace,
        code=_numbers("PL{:05d}", len(spots.points)),
        name=spots.names,
        address=spots.addresses,
        kind=spots.kinds,
        point=spots.points.geometries(),
    )


def duty_posts_table(posts: Posts) -> Table[SynthDutyPost]:
    """Duty posts; a code is that of the unit and a number."""
    return Table(
        SynthDutyPost,
        code=posts.codes,
        kind=posts.kinds,
        unit_code=posts.unit_codes,
        point=posts.points.geometries(),
    )


def _chained(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(columns)
