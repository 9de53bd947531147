"""Carve a new leaf out of those on whose ground it lies."""

from collections.abc import Mapping
from dataclasses import dataclass

from gridgeo.geometry.edits.cutting import (
    broad_ones,
    cut_up,
    narrow_ones,
    pieces_where,
    put_together,
    refused_in,
)
from gridgeo.geometry.segments import Shape

_NEW = ""  # no unit has this code


@dataclass(frozen=True)
class Carved:
    """The new leaf, what is left of the others by code, and the codes of those that go."""

    new: Shape
    rest: Mapping[str, Shape]
    gone: tuple[str, ...]


def carve(leaves: Mapping[str, Shape], ground: Shape, sliver_m: float) -> Carved:
    """Give a ground to a new leaf and take it from those that lie there.

    Parameters
    ----------
    leaves
        All leaves that meet the ground, by code, in degrees, on the lattice.
    ground
        The same.
    sliver_m
        What is narrower than this is a slip of the hand: where the ground reaches beyond the
        leaves it is cut off; a leaf of which no more is left goes.

    Raises
    ------
    EditRefused
        `outside`: ground that no leaf has.
    """
    pieces = cut_up(leaves, over={_NEW: ground})
    beyond = broad_ones(pieces_where(pieces, lambda cover: cover == {_NEW}), sliver_m)
    if beyond:
        message = f"{beyond[0].area_m2:.1f} m2 of the new unit lie outside the city; draw it inside"
        raise refused_in("outside", message, beyond[0].shape, ())
    taken = pieces_where(pieces, lambda cover: _NEW in cover and len(cover) > 1)
    touched = {code for piece in taken for code in piece.cover} - {_NEW}
    rest: dict[str, Shape] = {}
    gone = []
    for code in sorted(touched, key=str.encode):
        own = [piece for piece in pieces if piece.cover == {code}]
        slips = narrow_ones(own, sliver_m)
        taken += slips
        if len(slips) == len(own):
            gone.append(code)
        else:
            rest[code] = put_together(piece for piece in own if piece not in slips)
    if not taken:
        message = "the new unit holds no ground; draw it larger"
        raise refused_in("empty_result", message, ground, ())
    return Carved(put_together(taken), rest, tuple(gone))
