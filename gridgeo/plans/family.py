"""The tree around a redraw, before and after: who is whose parent, who goes, what is wrong."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gridgeo.plans.drawn import Settled, refusal
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Profile, Unit

Parents = Mapping[str, str | None]
Children = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Family:
    """The units of a redraw, all units above them, and all children of these.

    Parameters
    ----------
    settled
        The units of the redraw by code.
    before
        The units as they stand, by code.
    standing
        Who is whose parent before the redraw.
    parents
        The same after it; those who go are left out.
    children
        Who has which children after it, in byte order; no row for a unit without any.
    complete
        Codes of the units whose children are all in `before`.
    gone
        Codes of the units that go: also of those who are left without children.
    profile
        The city's profile.
    """

    settled: Mapping[str, Settled]
    before: Mapping[str, Unit]
    standing: Parents
    parents: Parents
    children: Children
    complete: Collection[str]
    gone: Collection[str]
    profile: Profile

    @classmethod
    def read(cls, units: Sequence[Settled], retired: Collection[str], so_far: PlanMap) -> "Family":
        """Read the families concerned, up to the city, and check the tree that is to be.

        Raises
        ------
        EditRefused
            `not_there`, `no_parent`, `not_above` (a parent of no higher level), `not_a_leaf`,
            `has_children`, `no_shape` or `is_the_city`.
        """
        settled = {unit.code: unit for unit in units}
        above = {unit.parent_code for unit in units if unit.parent_code is not None}
        before, complete = _read({*settled, *retired, *above}, so_far)
        for code in sorted(retired):
            if code not in before or code in settled:
                raise refusal("not_there", f"{code!r} is no unit that could go", so_far.root)
        parents, gone = _after(settled, before, complete, retired)
        family = cls(
            settled, before, {code: unit.parent_code for code, unit in before.items()}, parents,
            children_of(parents), complete, gone, so_far.profile,
        )  # fmt: skip
        family._check()
        return family

    def depth(self, code: str) -> int:
        """Return how far below the city the level of a unit is."""
        return self.profile.level(self._level(code)).depth

    def chains(self, code: str) -> Iterable[list[str]]:
        """Return the codes above a unit, before and after, as far as it is there."""
        for parents in (self.standing, self.parents):
            if code in parents:
                yield _chain(code, parents)

    def _level(self, code: str) -> str:
        return self.settled[code].level if code in self.settled else self.before[code].level

    def _check(self) -> None:
        for code in sorted(self.gone):
            if self.before[code].parent_code is None:
                raise refusal("is_the_city", "the city itself cannot go", self.before[code])
            if code in self.children:
                message = f"{code} goes, but {len(self.children[code])} units still lie in it"
                raise refusal("has_children", message, self.before[code])
        for unit in self.settled.values():
            self._check_place(unit)
            self._check_shape(unit)

    def _check_place(self, unit: Settled) -> None:
        parent, place = unit.parent_code, unit.old or unit.drawn
        if parent is None:
            return
        if parent not in self.parents:
            message = f"{unit.code} shall lie in {parent!r}, which is not there"
            raise refusal("no_parent", message, place)
        if self.depth(parent) >= self.depth(unit.code):
            message = f"{parent} is a {self._level(parent)}, not above a {unit.level}"
            raise refusal("not_above", message, place)

    def _check_shape(self, unit: Settled) -> None:
        place = unit.old or unit.drawn
        was_leaf = unit.old is not None and unit.old.is_leaf
        if unit.code in self.children:
            if unit.drawn.shape is not None:
                message = f"{unit.code} has units in it, and its ground is theirs: draw these anew"
                raise refusal("not_a_leaf", message, place)
        elif unit.drawn.shape is None and not was_leaf:
            raise refusal("no_shape", f"{unit.code} has neither a shape nor units in it", place)
        elif not was_leaf and not self._may_be_leaf(unit):
            message = f"{unit.code} is a {unit.level}, and that must have units in it"
            raise refusal("not_a_leaf", message, place)

    def _may_be_leaf(self, unit: Settled) -> bool:
        level = self.profile.level(unit.level)
        return level.may_be_leaf or level == self.profile.levels[-1]


def _read(codes: Collection[str], so_far: PlanMap) -> tuple[dict[str, Unit], set[str]]:
    """Return units, all above them and all children of these; and whose children these are."""
    units: dict[str, Unit] = {}
    complete: set[str] = set()
    pending = set(codes)
    while pending:
        units |= so_far.family(pending)
        complete |= pending
        above = {units[code].parent_code for code in complete if code in units}
        pending = {code for code in above if code is not None} - complete
    return units, complete


def _after(
    settled: Mapping[str, Settled], before: Mapping[str, Unit], complete: Collection[str],
    retired: Collection[str],
) -> tuple[dict[str, str | None], set[str]]:  # fmt: skip
    """Return who is whose parent afterwards, and who goes."""
    standing = {code: unit.parent_code for code, unit in before.items()}
    standing |= {code: unit.parent_code for code, unit in settled.items()}
    drawn = {code for code, unit in settled.items() if unit.drawn.shape is not None}
    upper = {code for code in complete if code in before and not before[code].is_leaf} - drawn
    gone = set(retired)
    while True:
        parents = {code: parent for code, parent in standing.items() if code not in gone}
        empty = upper - gone - set(children_of(parents))
        if not empty:
            return parents, gone
        gone |= empty


def children_of(parents: Parents) -> dict[str, list[str]]:
    """Return the children of each parent, in byte order."""
    children: dict[str, list[str]] = defaultdict(list)
    for code in sorted(parents, key=str.encode):
        parent = parents[code]
        if parent is not None:
            children[parent].append(code)
    return dict(children)


def _chain(code: str, parents: Parents) -> list[str]:
    """Return the codes from a unit's parent up to the city."""
    found: list[str] = []
    above = parents[code]
    while above is not None:
        found.append(above)
        above = parents[above]
    return found
