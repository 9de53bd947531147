"""Put what stands in the townships together into the tables of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from gridgeo.synth.places import Posts, Spots, landmark_places, spots, unit_posts
from gridgeo.synth.streets import Lines
from gridgeo.synth.table import Drawn, Table
from gridgeo.synth.tables import (
    assets_table,
    barriers_table,
    buildings_table,
    devices_table,
    duty_posts_table,
    places_table,
    ponding_table,
    roads_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridgeo.synth.district import DistrictGround
    from gridgeo.synth.hints import Landmark
    from gridgeo.synth.model import (
        SynthAsset,
        SynthBarrier,
        SynthBuilding,
        SynthDevice,
        SynthDutyPost,
        SynthPlace,
        SynthPondingPoint,
        SynthRoad,
        SynthUnit,
    )
    from gridgeo.synth.township import TownshipGround


class StandingTables(TypedDict):
    """The tables of a city, by field."""

    buildings: Table[SynthBuilding]
    roads: Table[SynthRoad]
    barriers: Table[SynthBarrier]
    assets: Table[SynthAsset]
    ponding_points: Table[SynthPondingPoint]
    places: Table[SynthPlace]
    devices: Table[SynthDevice]
    duty_posts: Table[SynthDutyPost]


def standing_tables(
    units: Sequence[SynthUnit],
    grounds: Sequence[DistrictGround],
    filled: Sequence[TownshipGround],
    landmarks: Sequence[Landmark],
    ponding_points: int,
    rng: np.random.Generator,
) -> StandingTables:
    """Join the townships' arrays in their order; what belongs to districts comes first."""
    roads = _lines([*(g.roads for g in grounds), *(t.roads for t in filled)])
    barriers = _lines([*(g.barriers for g in grounds), *(t.barriers for t in filled)])
    lamps = Drawn.joined([*(g.lamps for g in grounds), *(t.lamps for t in filled)])
    parks = Drawn.joined([t.parks for t in filled])
    low = np.concatenate([t.low for t in filled])
    low = low[rng.permutation(len(low))[:ponding_points]]
    known = list(landmark_places(landmarks, units[0].shape))
    places = [spots(known, units[0].name, roads, rng)] if known else []
    posts = unit_posts(units, {t.code: t.posts.points.part(0) for t in filled})
    return StandingTables(
        buildings=buildings_table(
            Drawn.joined([t.footprints for t in filled]),
            Drawn.joined([t.entrances for t in filled]),
            np.concatenate([t.households for t in filled]),
            np.concatenate([t.leaf_codes[t.building_leaf] for t in filled]),
        ),
        roads=roads_table(roads),
        barriers=barriers_table(barriers),
        assets=assets_table(lamps, parks, [name for t in filled for name in t.park_names]),
        ponding_points=ponding_table(Drawn.points(low)),
        places=places_table(_spots([*places, *(t.places for t in filled)])),
        devices=devices_table(
            Drawn.joined([t.devices for t in filled]),
            np.concatenate([t.device_kinds for t in filled]),
            np.concatenate([t.leaf_codes[t.device_leaf] for t in filled]),
        ),
        duty_posts=duty_posts_table(_posts([posts, *(t.posts for t in filled)])),
    )


def _lines(pieces: Sequence[Lines]) -> Lines:
    drawn, kinds, names = zip(*pieces, strict=True)
    return Lines(Drawn.joined(drawn), np.concatenate(kinds), np.concatenate(names))


def _spots(pieces: Sequence[Spots]) -> Spots:
    points, *columns = zip(*pieces, strict=True)
    return Spots(Drawn.joined(points), *(np.concatenate(column) for column in columns))


def _posts(pieces: Sequence[Posts]) -> Posts:
    points, *columns = zip(*pieces, strict=True)
    return Posts(Drawn.joined(points), *(np.concatenate(column) for column in columns))
