"""Roads, rivers, walls and the railway, from the lines along which the ground was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from gridgeo.geometry.lattice import to_lattice
from gridgeo.synth.hints import (
    ARTERIAL_NAMES,
    RAILWAY_NEAR,
    STREAM_WORDS,
    STREET_WORDS,
)
from gridgeo.synth.table import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.carve import Cut
    from gridgeo.synth.rings import Frame, Points, Ring

LineUse = Literal["arterial", "street", "lane", "river", "stream", "wall", "railway"]

_WALL_SHARE = 0.12
_ARTERIAL_FROM_M = 1500.0
_RAILWAY_WITHIN_M = 3000.0
_LAMP_OFFSET_M = 4.0
_ORDINALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


class Lines(NamedTuple):
    """Lines of roads or barriers, with a kind and a name for each."""

    lines: Drawn
    kinds: NDArray[np.str_]
    names: NDArray[np.str_]


def uses(cuts: Sequence[Cut], frame: Frame, rng: np.random.Generator) -> list[LineUse]:
    """Say what each cut is in the town, in the order of the cuts."""
    found = [_use(cut, frame, rng) for cut in cuts]
    station = to_lattice([RAILWAY_NEAR])
    near = [
        (float(np.hypot(*frame.metric(cut.line - station).T).min()), k)
        for k, cut in enumerate(cuts)
        if found[k] == "arterial" and cut.level == "township" and _runs_north(cut.line)
    ]
    if near and min(near)[0] < frame.units(_RAILWAY_WITHIN_M):
        found[min(near)[1]] = "railway"
    return found


def _use(cut: Cut, frame: Frame, rng: np.random.Generator) -> LineUse:
    chance = rng.random()
    if cut.kind == "stream":
        return "river" if cut.level == "township" else "stream"
    if cut.level == "township":
        return "arterial"
    if cut.level == "community":
        return "arterial" if _length(cut.line, frame) > _ARTERIAL_FROM_M else "street"
    if cut.level == "grid":
        return "street"
    return "wall" if chance < _WALL_SHARE and not cut.open_country else "lane"


def _runs_north(line: Ring) -> bool:
    """Tell whether a line spans more latitude than longitude."""
    width, height = np.ptp(line, axis=0)
    return bool(height > width)


def _length(line: Ring, frame: Frame) -> float:
    """Length in metres, about."""
    return float(np.hypot(*np.diff(frame.metric(line), axis=0).T).sum()) / frame.units(1.0)


def roads(cuts: Sequence[Cut], used: Sequence[LineUse]) -> Lines:
    """Centrelines of all cuts that are roads."""
    names: list[str] = []
    counts = {"arterial": 0, "street": 0, "lane": 0}
    chosen = [k for k, use in enumerate(used) if use in counts]
    for k in chosen:
        names.append(_road_name(used[k], counts[used[k]], cuts[k].line))
        counts[used[k]] += 1
    return _lines(cuts, used, chosen, names)


def _lines(
    cuts: Sequence[Cut], used: Sequence[LineUse], chosen: list[int], names: list[str]
) -> Lines:
    kinds = np.array([used[k] for k in chosen], dtype=np.str_)
    drawn = Drawn.of("line", (cuts[k].line for k in chosen))
    return Lines(drawn, kinds, np.array(names, dtype=np.str_))


def _road_name(use: str, position: int, line: Ring) -> str:
    """Known names for arterials; made-up names that do not repeat within a class otherwise."""
    if use == "arterial":
        again, k = divmod(position, len(ARTERIAL_NAMES))
        return ARTERIAL_NAMES[k] + (f"{again}段" if again else "")
    again, k = divmod(position, len(STREET_WORDS))
    if use == "lane":
        return f"{STREET_WORDS[k]}{again + 1}巷"
    ordinal = _ORDINALS[again] if again < len(_ORDINALS) else str(again)
    return f"{STREET_WORDS[k]}{ordinal}{'街' if _runs_north(line) else '路'}"


def barriers(cuts: Sequence[Cut], used: Sequence[LineUse]) -> Lines:
    """Lines of all cuts that people do not cross."""
    chosen = [k for k, use in enumerate(used) if use in ("river", "stream", "wall", "railway")]
    names = [_barrier_name(used[k], number) for number, k in enumerate(chosen, start=1)]
    return _lines(cuts, used, chosen, names)


def _barrier_name(use: str, number: int) -> str:
    word = STREAM_WORDS[number % len(STREAM_WORDS)]
    names = {"river": f"{word}河", "stream": f"{word}沟{number}", "railway": "京广铁路"}
    return names.get(use, f"围墙{number}")


def lamps(cuts: Sequence[Cut], used: Sequence[LineUse], spacing_m: float, frame: Frame) -> Ring:
    """Lamps (n, 2) to the left of arterials and streets."""
    places = [
        _beside(cut.line, spacing_m, frame)
        for cut, use in zip(cuts, used, strict=True)
        if use in ("arterial", "street")
    ]
    return np.concatenate([*places, np.zeros((0, 2), dtype=np.int64)])


def _beside(line: Ring, spacing_m: float, frame: Frame) -> Ring:
    """Lattice points every ``spacing_m`` along a line, a few metres to its left."""
    metric: Points = frame.metric(line - line[0])
    steps = np.hypot(*np.diff(metric, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    spacing = frame.units(spacing_m)
    at = np.arange(0.5 * spacing, reached[-1] - 0.25 * spacing, spacing)
    k = np.clip(np.searchsorted(reached, at, side="right") - 1, 0, len(steps) - 1)
    direction = np.diff(metric, axis=0)[k] / steps[k][:, None]
    left = np.column_stack([-direction[:, 1], direction[:, 0]]) * frame.units(_LAMP_OFFSET_M)
    lamps_at = metric[k] + (at - reached[k])[:, None] * direction + left
    return np.asarray(frame.lattice(lamps_at) + line[0], dtype=np.int64)


def ponding_points(
    cuts: Sequence[Cut],
    used: Sequence[LineUse],
    count: int,
    rng: np.random.Generator,
) -> Ring:
    """Low points (n, 2): inner vertices of arterials and streets, at most one on a line."""
    low = [k for k, use in enumerate(used) if use in ("arterial", "street")]
    chosen = rng.choice(low, min(count, len(low)), replace=False)
    lines = [cuts[int(k)].line for k in chosen]
    return np.array([line[int(rng.integers(1, len(line) - 1))] for line in lines]).reshape(-1, 2)
