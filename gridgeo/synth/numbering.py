"""First numbering of grids and micro-grids: west to east, then north to south."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_IN_SEQUENCE = 999


def numbering_order(centres: NDArray[np.float64]) -> list[int]:
    """Positions of units in the order in which they are numbered.

    The span of latitudes is divided into ``round(sqrt(n))`` bands of equal height. Bands come from
    the north to the south; inside a band units come from the west to the east; equal longitudes
    from the north to the south.

    Parameters
    ----------
    centres : array (n, 2)
        lon, lat of the units' centroids, in any unit of length.
    """
    lon, lat = centres[:, 0], centres[:, 1]
    bands = max(1, round(math.sqrt(len(centres))))
    height = max(float(np.ptp(lat)) / bands, 1e-12)
    band = np.minimum(((lat.max() - lat) / height).astype(int), bands - 1)
    return [int(position) for position in np.lexsort((-lat, lon, band))]


def numbered(parent_code: str, sequence: int) -> str:
    """Code of the ``sequence``-th child (from 1): the parent's code and three digits.

    Raises
    ------
    OverflowError
        When the sequence needs a fourth digit.
    """
    if not 1 <= sequence <= MOST_IN_SEQUENCE:
        raise OverflowError(
            f"{parent_code}: sequence {sequence} is beyond 001 to {MOST_IN_SEQUENCE}"
        )
    return f"{parent_code}{sequence:03d}"
