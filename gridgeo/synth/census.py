"""How many of everything, exactly: missing rows, grids of communities, micro-grids of grids."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.synth.divisions import is_village, short_name
from gridgeo.synth.model import Division
from gridgeo.synth.numbering import MOST_IN_SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.sizes import WholeSizes

    Count = NDArray[np.int64]

_COMMUNITIES_OF_NEW_TOWNSHIP = 8
_LAST_STREET, _LAST_COMMITTEE = 99, 199
"""Streets have sequences up to 099, residents' committees up to 199."""


@dataclass(frozen=True, slots=True)
class CommunityPlan:
    """A community with the count of micro-grids of each of its grids; 0 for a rural grid."""

    row: Division
    micro_grids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TownshipPlan:
    """A township with all its communities."""

    row: Division
    communities: tuple[CommunityPlan, ...]

    @property
    def leaves(self) -> int:
        """Count of leaves."""
        return sum(count or 1 for plan in self.communities for count in plan.micro_grids)

    @property
    def micro_grids(self) -> int:
        """Count of micro-grids."""
        return sum(sum(plan.micro_grids) for plan in self.communities)


def take_census(
    divisions: Sequence[Division], sizes: WholeSizes, rng: np.random.Generator
) -> list[TownshipPlan]:
    """Complete the list to the counts of ``sizes`` and give every community its grids.

    Townships come in code order. Rows that the list lacks are synthetic.

    Raises
    ------
    ValueError
        When the counts cannot be reached.
    """
    townships, communities = completed(divisions, sizes, rng)
    villages = [row for row in communities if is_village(row)]
    towns = [row for row in communities if not is_village(row)]
    grids: dict[str, tuple[int, ...]] = {}
    rural = shared_out(sizes.rural_grids, _uneven(len(villages), rng), 1, MOST_IN_SEQUENCE)
    for row, count in zip(villages, rural.tolist(), strict=True):
        grids[row.code] = (0,) * count
    urban = shared_out(sizes.urban_grids, _uneven(len(towns), rng), 1, MOST_IN_SEQUENCE)
    ideal = rng.uniform(0.0, 2.0, sizes.urban_grids)
    micro = shared_out(sizes.micro_grids, ideal, *sizes.micro_grids_per_grid).tolist()
    ends = np.cumsum(urban).tolist()
    for row, count, end in zip(towns, urban.tolist(), ends, strict=True):
        grids[row.code] = tuple(micro[end - count : end])
    of_township: dict[str | None, list[CommunityPlan]] = defaultdict(list)
    for row in communities:
        of_township[row.parent_code].append(CommunityPlan(row, grids[row.code]))
    return [TownshipPlan(row, tuple(of_township[row.code])) for row in townships]


def completed(
    divisions: Sequence[Division], sizes: WholeSizes, rng: np.random.Generator
) -> tuple[list[Division], list[Division]]:
    """Townships and communities of the list with those that it lacks, in code order."""
    townships = [row for row in divisions if row.level == "township"]
    communities = [row for row in divisions if row.level == "community"]
    seats = [row for row in divisions if row.level == "district"]
    new = _new_townships(townships, seats, sizes.townships - len(townships))
    lacking = sizes.communities - len(communities)
    if lacking < len(new):
        raise ValueError(f"{sizes.communities} communities are too few for the list")
    first = min(_COMMUNITIES_OF_NEW_TOWNSHIP, lacking // max(1, len(new)))
    targets = [row for row in new for _ in range(first)]
    urban = sorted({row.code[:9] for row in communities if not is_village(row)})
    by_code = {row.code: row for row in townships}
    choice = rng.choice(len(urban), lacking - len(targets)) if urban else np.zeros(0, dtype=int)
    targets += [by_code[urban[int(k)]] for k in choice]
    return (
        sorted([*townships, *new], key=lambda row: row.code),
        sorted([*communities, *_new_communities(communities, targets)], key=lambda row: row.code),
    )


def _new_townships(
    townships: Sequence[Division], seats: Sequence[Division], count: int
) -> list[Division]:
    """Streets that the list lacks, the busiest districts first, one each in turn."""
    if count < 0:
        raise ValueError(f"the list has {-count} townships more than wished")
    busy = sorted(seats, key=lambda seat: -sum(row.parent_code == seat.code for row in townships))
    made: list[Division] = []
    taken = {row.code for row in townships}
    for k in range(count):
        seat = busy[k % len(busy)]
        model = next(row for row in townships if row.parent_code == seat.code)
        prefix = model.code[:6]
        sequence = next(n for n in range(1, _LAST_STREET + 1) if f"{prefix}{n:03d}" not in taken)
        code = f"{prefix}{sequence:03d}"
        taken.add(code)
        name = f"{short_name(seat.name)}新设{k + 1}号街道"
        made.append(
            Division(code, name, "township", seat.code, model.legal_parent_code, synthetic=True)
        )
    return made


def _new_communities(
    communities: Sequence[Division], targets: Iterable[Division]
) -> list[Division]:
    """One more residents' committee for each target; a township may be a target many times."""
    last: dict[str, int] = defaultdict(int)
    for row in communities:
        if int(row.code[9:]) <= _LAST_COMMITTEE:
            last[row.code[:9]] = max(last[row.code[:9]], int(row.code[9:]))
    made = []
    for number, township in enumerate(targets, start=1):
        last[township.code] += 1
        if last[township.code] > _LAST_COMMITTEE:
            raise ValueError(f"no code is left for a community of {township.code}")
        code = f"{township.code}{last[township.code]:03d}"
        name = f"新设{number}号社区居民委员会"
        made.append(Division(code, name, "community", township.code, synthetic=True))
    return made


def _uneven(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return np.exp(rng.normal(0.0, 0.35, count))


def shared_out(total: int, weights: NDArray[np.float64], least: int, most: int) -> Count:
    """Whole numbers (n,) from ``least`` to ``most`` with a given sum, about as the weights.

    Raises
    ------
    ValueError
        When no such numbers exist.
    """
    count = len(weights)
    if not least * count <= total <= most * count:
        raise ValueError(f"{total} cannot be shared among {count}, {least} to {most} each")
    shares = np.full(count, least, dtype=np.int64)
    while (missing := total - int(shares.sum())) > 0:
        open_ = np.flatnonzero(shares < most)
        wished = missing * weights[open_] / weights[open_].sum()
        more = np.minimum(np.floor(wished).astype(np.int64), most - shares[open_])
        if not more.any():
            order = np.argsort(-(wished - more), kind="stable")[:missing]
            more[order] = 1
        shares[open_] += more
    return shares
