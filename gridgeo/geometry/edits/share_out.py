"""Share the ground of a leaf that goes out among those who border it: each gets what is nearest."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely import LineString

from gridgeo.geometry.edits.cutting import Piece, cut_up, pieces_where, put_together, refused_in
from gridgeo.geometry.edits.reach import Plane
from gridgeo.geometry.faces import Borders, borders_m, shared_edges
from gridgeo.geometry.lattice import to_degrees
from gridgeo.geometry.segments import Shape, as_lines, shape_array, unpack

_SAMPLES = 200  # points along all borders that tell which heir is nearest


def share_out(ground: Shape, code: str, heirs: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the heirs by code with the ground that they get.

    Every place goes to the heir whose border is nearest, within some metres; what would not hang
    together with its heir goes to whom it borders most.

    Parameters
    ----------
    ground
        Of the leaf that goes, in degrees, on the lattice.
    code
        Its code.
    heirs
        Leaves that border it, by code, in byte order; the same.

    Raises
    ------
    EditRefused
        `not_adjacent`: an heir does not border the ground.
    """
    borders = {heir: _border(ground, shape, code, heir) for heir, shape in heirs.items()}
    lines = [] if len(heirs) == 1 else _divides(ground, borders)
    pieces = cut_up({code: ground, **heirs}, lines)
    own = pieces_where(pieces, lambda cover: code in cover)
    shares = list(zip(own, _owners(own, pieces, heirs, borders), strict=True))
    return {
        heir: put_together([
            *(piece for piece in pieces if piece.cover == {heir}),
            *(piece for piece, owner in shares if owner == heir),
        ])
        for heir in heirs
    }  # fmt: skip


def _border(ground: Shape, heir: Shape, code: str, name: str) -> shapely.Geometry:
    edges = shared_edges(shape_array([ground, heir]))
    if not len(edges.start):
        message = f"{name} does not border {code} and cannot take its ground; name a neighbour"
        raise refused_in("not_adjacent", message, ground, (code, name))
    lines = as_lines(unpack(edges.start), unpack(edges.end))
    return shapely.transform(shapely.line_merge(shapely.union_all(lines)), to_degrees)


def _divides(ground: Shape, borders: Mapping[str, shapely.Geometry]) -> list[LineString]:
    """Return lines (degrees) between the places nearest to one heir and those nearest to others."""
    plane = Plane(float(shapely.get_coordinates(ground)[0, 1]))
    lines = [plane.in_m(border) for border in borders.values()]
    step_m = float(shapely.length(lines).sum()) / _SAMPLES
    dense = [shapely.get_coordinates(shapely.segmentize(line, step_m)) for line in lines]
    owner = np.repeat(np.arange(len(dense)), [len(places) for places in dense])
    places, first = np.unique(np.concatenate(dense), axis=0, return_index=True)
    reach = shapely.buffer(plane.in_m(ground), step_m).envelope
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(places), extend_to=reach, ordered=True)
    )
    realms = [shapely.union_all(cells[owner[first] == heir]) for heir in range(len(dense))]
    rims = shapely.line_merge(shapely.intersection(shapely.boundary(realms), plane.in_m(ground)))
    return [
        LineString(plane.in_degrees(shapely.get_coordinates(line)))
        for line in shapely.get_parts(rims)
        if line.length > 0.0
    ]


def _owners(
    own: Sequence[Piece],
    pieces: Sequence[Piece],
    heirs: Mapping[str, Shape],
    borders: Mapping[str, shapely.Geometry],
) -> list[str]:
    """Return the heir of each piece of the ground."""
    names = list(heirs)
    inner = shapely.point_on_surface(shape_array([piece.shape for piece in own]))
    distances = np.array([shapely.distance(border, inner) for border in borders.values()])
    wish = [names[row] for row in np.argmin(distances, axis=0)]
    held = [piece for piece in pieces if not piece.cover.isdisjoint(names)]
    near = borders_m(shared_edges(shape_array([piece.shape for piece in (*own, *held)])))
    owner = {len(own) + row: min(piece.cover) for row, piece in enumerate(held)}
    for only_wished in (True, False):
        while found := _settled(wish, near, owner, only_wished):
            owner |= found
    return [owner.get(row, wish[row]) for row in range(len(own))]


def _settled(
    wish: Sequence[str], near: Borders, owner: Mapping[int, str], only_wished: bool
) -> dict[int, str]:
    """Return owners for those pieces that border what has one; the longest border decides."""
    found: dict[int, str] = {}
    for row, wished in enumerate(wish):
        around = near.get(row, {})
        able = [g for g in around if g in owner and (owner[g] == wished or not only_wished)]
        if row not in owner and able:
            found[row] = owner[max(able, key=lambda g: (around[g], -g))]
    return found
