"""Split a leaf by lines."""

from collections.abc import Sequence

import shapely
from shapely import LineString

from gridgeo.geometry.edits.cutting import cut_up, refused_at, refused_in, sound_line
from gridgeo.geometry.edits.reach import nearest_on, reaching
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.segments import Shape


def split(shape: Shape, code: str, lines: Sequence[LineString], reach_m: float) -> list[Shape]:
    """Return the pieces into which lines cut a shape, the largest first.

    Parameters
    ----------
    shape
        In degrees, on the lattice.
    code
        Its code, for an error.
    lines
        In degrees, of any precision.
    reach_m
        A line that ends inside, so near to the border, is taken to it.

    Raises
    ------
    EditRefused
        `too_short` or `crosses_itself` (a line), `outside` (no line meets the shape) or
        `does_not_cut`, with the end of the line that stops short of the border.
    """
    drawn = [sound_line(line, (code,)) for line in lines]
    cuts = [reaching(line, shape, reach_m) for line in drawn]
    pieces = [piece.shape for piece in cut_up({code: shape}, cuts) if piece.cover]
    if len(pieces) < 2:
        raise _no_cut(shape, code, drawn)
    return sorted(pieces, key=lambda piece: (-piece.area, piece.bounds))


def _no_cut(shape: Shape, code: str, lines: Sequence[LineString]) -> EditRefused:
    ends = [end for line in lines for end in shapely.get_coordinates(line)[[0, -1]]]
    dangling = [end for end in ends if shape.contains(shapely.Point(end))]
    if dangling:
        _, away_m = nearest_on(shapely.boundary(shape), dangling[0])
        message = (
            f"the line ends inside {code}, {away_m:.2f} m short of its border; draw it on across "
            "the border"
        )
        return refused_at("does_not_cut", message, dangling[0], (code,))
    if not any(shape.intersects(line) for line in lines):
        message = f"the line does not meet {code} at all; draw it across the unit"
        return refused_in("outside", message, shape, (code,))
    message = f"the line runs along the border of {code} and cuts nothing off; draw it across"
    return refused_at("does_not_cut", message, ends[0], (code,))
