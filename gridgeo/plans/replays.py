"""The maps that the edits of plans have made, kept so that one more edit replays only itself.

A map is kept under what it was made from: the base, and the edits up to it. Two plans that begin
alike share it, an undone edit finds the map before it, and nothing kept can grow stale.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from gridgeo.plans.forms import read_edit
from gridgeo.plans.model import BaseMap, Change, PlanMap

MOST_UNITS = 200_000
"""Changed units that are kept in all, before the plans asked for longest ago are forgotten."""


class Replays:
    """A bounded memory of replayed plans; safe to share between threads."""

    def __init__(self, most_units: int = MOST_UNITS) -> None:
        self._most_units = most_units
        self._lock = Lock()
        self._kept: OrderedDict[bytes, Change] = OrderedDict()
        self._units = 0

    def replay(self, edits: Sequence[Mapping[str, Any]], base: BaseMap, version: int) -> PlanMap:
        """Return the map that edits make of a base, drawing only those that are not known yet.

        Parameters
        ----------
        edits
            Each with its `kind` and `params`, in order; and `codes` that it found out before.
        base
            The version that the plan was drawn on.
        version
            The number of that version.

        Raises
        ------
        EditRefused
            By the first edit that cannot be done, with place and codes.
        """
        keys = list(_keys(edits, version))
        known, done = self._longest(keys)
        so_far = PlanMap(base, done)
        for edit, key in zip(edits[known:], keys[known + 1 :], strict=True):
            so_far = so_far.after(read_edit(edit["kind"], edit["params"]), edit.get("codes", ()))
            self._keep(key, so_far.done)
        return so_far

    def keep(self, edits: Sequence[Mapping[str, Any]], version: int, done: Change) -> None:
        """Remember what edits did to a version; see `replay`."""
        *_, key = _keys(edits, version)
        self._keep(key, done)

    def _longest(self, keys: Sequence[bytes]) -> tuple[int, Change]:
        """Return how many edits are known to begin with, and what they did."""
        with self._lock:
            for known in range(len(keys) - 1, 0, -1):
                if keys[known] in self._kept:
                    self._kept.move_to_end(keys[known])
                    return known, self._kept[keys[known]]
        return 0, Change()

    def _keep(self, key: bytes, done: Change) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = done
                self._units += _weight(done)
            while self._units > self._most_units and len(self._kept) > 1:
                self._units -= _weight(self._kept.popitem(last=False)[1])


def _weight(done: Change) -> int:
    return 1 + len(done.units.old) + len(done.units.new) + len(done.exclusive.codes)


def _keys(edits: Sequence[Mapping[str, Any]], version: int) -> Iterator[bytes]:
    """Yield the fingerprint of the base, and after each edit that of all so far."""
    so_far = str(version).encode()
    yield so_far
    for edit in edits:
        parts = [edit["kind"], edit["params"], list(edit.get("codes", ()))]
        said = json.dumps(parts, sort_keys=True).encode()
        so_far = hashlib.blake2b(so_far + said, digest_size=16).digest()
        yield so_far
