"""From entries to one tree: parents that are only named are made, and every link is checked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

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
    for entry in list(tree.values()):
        problems += _hang(entry, tree, profile)
    root, several = _root(tree, profile)
    for entry in tree.values():
        if entry.parent is None and entry.level.depth > 0:
            tree[entry.code] = replace(entry, parent=root)
    return Tree(tree, problems + several + _bad_links(tree))


def _hang(entry: Entry, tree: dict[str, Entry], profile: Profile) -> list[Problem]:
    """Give an entry its parent, making those that are named and not there."""
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
    return _make(entry, chain, tree, profile)


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
    entry: Entry, chain: Sequence[Above], tree: dict[str, Entry], profile: Profile
) -> list[Problem]:
    """Make the units above an entry, from below up; a contradiction is a problem."""
    for one, up in zip_longest(chain, [a.code for a in chain[1:]]):
        known = tree.get(one.code)
        if known is None:
            level = profile.level(one.level)
            parent = None if level.depth == 0 else up
            tree[one.code] = Entry(one.code, level, one.name or one.code, parent)
        elif up is not None and known.level.depth > 0 and known.parent is None:
            tree[one.code] = replace(known, parent=up)
        elif up is not None and known.level.depth > 0 and known.parent != up:
            message = f"{entry.where}: {one.code} lies in {up}, but elsewhere in {known.parent}"
            return [problem_at(entry.shape, entry.code, message)]
    return []


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
