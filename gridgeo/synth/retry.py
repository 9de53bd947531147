"""Cutting is a matter of luck: where one seed finds no cut, the next one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gridgeo.synth.split import SplitError

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
_TRIES = 6


def first_success(
    make: Callable[[np.random.Generator], Made], seed: np.random.SeedSequence
) -> Made:
    """Make something with the first of a few seeds that finds all its cuts.

    Raises
    ------
    SplitError
        When none of them does.
    """
    *early, last = (np.random.default_rng(child) for child in seed.spawn(_TRIES))
    for rng in early:
        try:
            return make(rng)
        except SplitError:
            continue
    return make(last)
