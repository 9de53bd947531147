"""From entries to one tree: parents that are only named are made, and every link is checked."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import NamedTuple

from gridgeo.errors import BadInput
from gridgeo.files.model import Above, Entry, problem_at
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import Profile


@dataclass(frozen=True, slots=True)
class Tree:
    """Entries by code with one root, and what is wrong with them."""

    entries: Mapping[str, Entry]
    problems: Sequence[Problem]


def assemble(entries: Iterable[Entry], profile: Profile) -> Tree:
    """Join entries to a tree: make the parents and the root that are only named, check the links.

    A parent is named by the parent column, else by the columns of the levels above; without either
    a unit hangs on the root. A root that is missing takes `code` and `name` of the profile.

    Raises
    ------
    BadInput
        A root is needed and the profile has no `code`.
    """
    problems: list[Problem] = []
    tree: dict[str, Entry] = {}
    for entry in entries:
        if entry.code in tree:
            message = f"{entry.where}: code {entry.code!r} is also that of {tree[entry.code].where}"
            problems.append(problem_at(entry.shape, entry.code, message))
        else:
            tree[entry.code] = entry
    stated = {entry.code for entry in tree.values() if entry.parent is not None or entry.above}
    claims: list[Claim] = []
    for entry in list(tree.values()):
        problems += _hang(entry, tree, stated, claims, profile)
    root, several = _root(tree, profile)
    for entry in tree.values():
        if entry.parent is None and entry.level.depth > 0:
            tree[entry.code] = replace(entry, parent=root)
    return Tree(tree, problems + several + _contradictions(claims, tree) + _bad_links(tree))


class Claim(NamedTuple):
    """A feature says that one unit lies in another, directly or further up."""

    said_by: Entry
    unit: str
    above: str


def _hang(
    entry: Entry, tree: dict[str, Entry], stated: Set[str], claims: list[Claim], profile: Profile
) -> list[Problem]:
    """Give an entry its parent, making those that are named and not there; note what it claims."""
    if entry.level.depth == 0:
        tree[entry.code] = replace(entry, parent=None)
        return []
    chain = list(entry.above)
    if entry.parent is not None:
        own = _named_parent(entry, entry.parent, tree, profile)
        if own is None:
            message = f"{entry.where}: its parent {entry.parent!r} is not there and fits no level"
            return [problem_at(entry.shape, entry.code, message)]
        depth = profile.level(own.level).depth
        chain = [own, *(a for a in chain if profile.level(a.level).depth < depth)]
    parent = chain[0].code if chain else tree[entry.code].parent
    tree[entry.code] = replace(entry, parent=parent)
    claims += _make(entry, chain, tree, stated, profile)
    return []


def _named_parent(
    entry: Entry, parent: str, tree: Mapping[str, Entry], profile: Profile
) -> Above | None:
    """Return what the parent column names: a unit of the files, or one of a level above."""
    if parent in tree:
        return Above(tree[parent].level.level, parent, "")
    for named in entry.above:
        if named.code == parent:
            return named
    levels = _levels_above(entry, profile)
    return Above(levels[0], parent, "") if levels else None


def _levels_above(entry: Entry, profile: Profile) -> list[str]:
    """Levels above an entry's whose pattern its parent's code fits, the nearest first."""
    if entry.parent == str(profile.document.get("code")):
        return [profile.levels[0].level]
    return [
        level.level
        for level in reversed(profile.levels[: entry.level.depth])
        if entry.parent is not None and re.fullmatch(level.code_pattern, entry.parent)
    ]


def _make(
    entry: Entry, chain: Sequence[Above], tree: dict[str, Entry], stated: Set[str], profile: Profile
) -> list[Claim]:
    """Make the units above an entry, from below up, and return what the entry says of them.

    The columns of the levels above need not name every level, so a unit that does not state its
    parent itself hangs on the lowest one that any feature names.
    """
    claims = []
    for one, up in zip_longest(chain, chain[1:]):
        known = tree.get(one.code) or Entry(
            one.code, profile.level(one.level), one.name or one.code, None
        )
        if up is not None and known.level.depth > 0:
            claims.append(Claim(entry, one.code, up.code))
            before = tree.get(known.parent or "")
            lower = before is None or profile.level(up.level).depth > before.level.depth
            if one.code not in stated and lower:
                known = replace(known, parent=up.code)
        tree[one.code] = known
    return claims


def _contradictions(claims: Iterable[Claim], tree: Mapping[str, Entry]) -> list[Problem]:
    """One problem for each feature that says of a unit what the tree does not hold."""
    found: dict[str, Problem] = {}
    for entry, unit, above in claims:
        if above not in _chain(unit, tree) and entry.code not in found:
            elsewhere = tree[unit].parent
            message = f"{entry.where}: {unit} lies in {above}, but elsewhere in {elsewhere}"
            found[entry.code] = problem_at(entry.shape, entry.code, message)
    return list(found.values())


def _chain(code: str, tree: Mapping[str, Entry]) -> list[str]:
    """Return the codes above a unit, the nearest first; a circle ends where it closes."""
    chain: list[str] = []
    entry = tree[code]
    while entry.parent is not None and entry.parent not in chain:
        chain.append(entry.parent)
        entry = tree.get(entry.parent, Entry("", entry.level, "", None))
    return chain


def _root(tree: dict[str, Entry], profile: Profile) -> tuple[str | None, list[Problem]]:
    """Return the code of the root, made when missing, and a problem for each further one."""
    roots = [entry for entry in tree.values() if entry.level.depth == 0]
    if not roots and tree:
        if "code" not in profile.document:
            raise BadInput("No unit is the city, and the city profile lacks 'code'.", key="code")
        code = str(profile.document["code"])
        if code in tree:
            message = f"code {code!r} is the city's own, but stands at {tree[code].level.level}"
            return None, [problem_at(tree[code].shape, code, message)]
        tree[code] = Entry(code, profile.levels[0], profile.name, None)
        return code, []
    return roots[0].code if roots else None, [
        problem_at(
            extra.shape, extra.code,
            f"{extra.where or extra.code}: a city has one root, and {roots[0].code} is it already",
        )
        for extra in roots[1:]
    ]  # fmt: skip


def _bad_links(tree: Mapping[str, Entry]) -> list[Problem]:
    found = []
    for entry in tree.values():
        parent = tree.get(entry.parent or "")
        message = None
        if parent is not None and parent.level.depth >= entry.level.depth:
            message = (
                f"its parent {parent.code} is a {parent.level.level}, not above a "
                f"{entry.level.level}"
            )
        elif entry.legal_parent is not None and entry.legal_parent not in tree:
            message = f"its legal parent {entry.legal_parent!r} is not there"
        if message is not None:
            where = entry.where or entry.code
            found.append(problem_at(entry.shape, entry.code, f"{where}: {message}"))
    return found
