"""Transfer a piece of ground from a leaf to its neighbour."""

from dataclasses import dataclass

import shapely

from gridgeo.geometry.edits.cutting import (
    Piece,
    broad_ones,
    cut_up,
    narrow_ones,
    pieces_where,
    put_together,
    refused_in,
)
from gridgeo.geometry.segments import Shape

_PIECE = ""  # no unit has this code


@dataclass(frozen=True)
class Transfer:
    """Give what of a piece lies in `giver` to `taker`; both are codes.

    Parameters
    ----------
    giver, taker
        Codes of two leaves.
    piece
        The ground to transfer, in degrees, on the lattice. It may reach over into the taker.
    sliver_m
        What is narrower than this is a slip of the hand: where the piece reaches beyond both, it
        is cut off; what would be left of the giver goes too.
    """

    giver: str
    taker: str
    piece: Shape
    sliver_m: float

    def drawn(self, giver: Shape, taker: Shape) -> dict[str, Shape]:
        """Return both leaves (degrees, on the lattice) after the transfer, by code.

        Raises
        ------
        EditRefused
            `outside`: the piece does not lie in the giver, or reaches beyond. `empty_result`:
            nothing would be left of the giver. `not_adjacent`: the taker does not border the piece.
        """
        pieces = cut_up({self.giver: giver, self.taker: taker}, over={_PIECE: self.piece})
        own = pieces_where(pieces, lambda cover: self.giver in cover)
        self._refuse_beyond(pieces)
        going = pieces_where(own, lambda cover: _PIECE in cover)
        staying = pieces_where(own, lambda cover: _PIECE not in cover)
        slips = narrow_ones(staying, self.sliver_m)
        going += slips
        staying = [piece for piece in staying if piece not in slips]
        if not staying:
            message = (
                f"nothing would be left of {self.giver}; merge it into {self.taker} if it shall go"
            )
            raise refused_in("empty_result", message, giver, (self.giver, self.taker))
        others = pieces_where(pieces, lambda cover: self.taker in cover)
        after = put_together([*others, *going])
        if shapely.get_num_geometries(after) > shapely.get_num_geometries(taker):
            message = (
                f"the piece does not border {self.taker}; name a unit that does, or draw the "
                "piece up to the common border"
            )
            raise refused_in("not_adjacent", message, going[0].shape, (self.giver, self.taker))
        return {self.giver: put_together(staying), self.taker: after}

    def _refuse_beyond(self, pieces: list[Piece]) -> None:
        inside = pieces_where(pieces, lambda cover: {self.giver, _PIECE} <= cover)
        if not broad_ones(inside, self.sliver_m):
            message = f"the piece does not lie in {self.giver}; draw it inside the unit that gives"
            raise refused_in("outside", message, self.piece, (self.giver,))
        beyond = broad_ones(pieces_where(pieces, lambda cover: cover == {_PIECE}), self.sliver_m)
        if beyond:
            message = (
                f"{beyond[0].area_m2:.1f} m2 of the piece lie beyond {self.giver} and "
                f"{self.taker}; draw it inside them"
            )
            raise refused_in("outside", message, beyond[0].shape, (self.giver, self.taker))
