"""The live map drawn for every zoom: whole, and after a change the same as from scratch."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
import shapely.affinity
from drawn_city import COLUMNS, LEAF, ROWS, SHOWN, TOWNSHIP, leaf_id, town
from strict_tile import decoded, faults_in

from gridgeo.geometry.lattice import to_lattice
from gridgeo.tiles.drawn.dirty import dirty_label_tiles, dirty_tiles
from gridgeo.tiles.drawn.drawings import Drawings
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.points import label_layer
from gridgeo.tiles.drawn.scheme import Scheme, Shown
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import Values

ZOOMS = (11, 12, 13, 14)
LABEL_ZOOMS = range(8, 15)


@pytest.fixture(scope="module")
def before():
    return town()


@pytest.fixture(scope="module")
def drawn(before):
    return before.drawn()


def corner_of(shape, k):
    return to_lattice(np.array(shape.exterior.coords[k])).astype(np.int64)


def edits(before):
    inner = before.leaves[leaf_id(6, 7)]
    at_township_border = before.leaves[leaf_id(7, 9)]
    return {
        "a corner moves": before.moved(corner_of(inner, 2), [900, -700]),
        "a corner three leaves share moves": before.moved(corner_of(inner, 0), [-800, 600]),
        "a corner on the outline moves": before.moved(
            corner_of(before.leaves[leaf_id(0, 0)], 2), [500, -2000]
        ),
        "a township border moves": before.moved(corner_of(at_township_border, -3), [-700, 700]),
        "a corner moves too little to be seen": before.moved(corner_of(inner, 2), [1, 1]),
        "a leaf is split": before.split(leaf_id(6, 7), 900),
        "two leaves become one": before.merged(leaf_id(6, 7), leaf_id(6, 8)),
        "a leaf has another name": before.renamed(leaf_id(6, 7), "新名"),
        "a township has another name": before.renamed(9, "新镇"),
        "a leaf goes to another township": before.handed(
            leaf_id(3, 7), before.township[leaf_id(4, 7)]
        ),
        "nothing": before,
    }


def tiles_of(drawings, shown):
    """Bytes of every tile of a pane, by column and row."""
    pane = drawings.panes[shown]
    boxes = np.vstack((pane.base.boxes, pane.over.boxes)) >> 12
    west, north = boxes[:, :2].min(axis=0) - 1
    east, south = boxes[:, 2:].max(axis=0) + 1
    return {
        (x, y): polygon_layer("any", pane, drawings.values, (x, y))
        for x in range(west, east + 1)
        for y in range(north, south + 1)
    }


def labels_of(drawings, zoom):
    """Bytes of every tile that has labels at a zoom, by column and row."""
    labels = drawings.labels
    tiles = [(key >> 32, key & 0xFFFFFFFF) for key in set(labels.tiles_at(zoom).tolist())]
    made = {
        tile: label_layer("label", labels, labels.rows_at(zoom, *tile), drawings.values, zoom)
        for tile in tiles
    }
    return {tile: data for tile, data in made.items() if data}


def logical(drawings, shown):
    """What a pane shows: rings, token and attributes by unit."""
    pane = drawings.panes[shown].flattened().base
    found = {}
    for row, unit in enumerate(pane.ids.tolist()):
        ends = pane.ends[pane.units[row] : pane.units[row + 1] + 1]
        rings = [pane.xy[a:b].tolist() for a, b in pairwise(ends)]
        found[unit] = rings, bool(pane.token[row]), drawings.values.said(pane.subjects[row])
    return found


@pytest.mark.parametrize("what", list(edits(town())))
def test_a_change_is_drawn_as_from_scratch_and_every_changed_tile_is_dirty(before, drawn, what):
    later = edits(before)[what]
    followed, altered = before.followed(drawn, later)
    anew = later.drawn()
    assert followed.panes.keys() == anew.panes.keys()
    dirtied = unchanged = 0
    for shown in SHOWN:
        assert logical(followed, shown) == logical(anew, shown), shown
        old, new, same = (tiles_of(one, shown) for one in (drawn, followed, anew))
        assert new == {tile: same.get(tile, b"") for tile in new}
        every = old.keys() | new.keys()
        changed = {tile for tile in every if old.get(tile, b"") != new.get(tile, b"")}
        keys = dirty_tiles(altered.panes[shown]).tolist() if shown in altered.panes else []
        dirty = {(key >> 32, key & 0xFFFFFFFF) for key in keys}
        assert changed <= dirty, shown
        dirtied += len(dirty)
        unchanged += len(dirty - changed)
    for zoom in LABEL_ZOOMS:
        old, new, same = (labels_of(one, zoom) for one in (drawn, followed, anew))
        assert new == same, zoom
        changed = {t for t in old.keys() | new.keys() if old.get(t, b"") != new.get(t, b"")}
        keys = dirty_label_tiles(altered.labels, followed.values, zoom).tolist()
        dirty = {(key >> 32, key & 0xFFFFFFFF) for key in keys}
        assert changed == dirty, zoom
        dirtied += len(dirty)
    assert unchanged <= 0.2 * dirtied
    assert (dirtied == 0) == (what in ("nothing", "a corner moves too little to be seen"))


def test_change_after_change_is_drawn_as_from_scratch(before, drawn):
    state, drawings = before, drawn
    for step in (
        lambda t: t.split(leaf_id(6, 7), 900),
        lambda t: t.renamed(900, "一半"),
        lambda t: t.moved(corner_of(t.leaves[900], 0), [300, 300]),
        lambda t: t.merged(leaf_id(6, 7), 900),
        lambda t: t.handed(leaf_id(6, 7), 3),
        lambda t: t.renamed(leaf_id(6, 7), f"名{leaf_id(6, 7)}"),
    ):
        later = step(state)
        drawings, _ = state.followed(drawings, later)
        state = later
    anew = state.drawn()
    for shown in SHOWN:
        assert logical(drawings, shown) == logical(anew, shown)
    for zoom in LABEL_ZOOMS:
        assert labels_of(drawings, zoom) == labels_of(anew, zoom)


def test_only_the_neighbourhood_is_read_again(before, drawn):
    later = before.moved(corner_of(before.leaves[leaf_id(6, 7)], 2), [900, -700])
    asked = []

    def read(ids):
        asked.extend(ids.tolist())
        return later.read(ids)

    drawn.followed(before.change_to(later), read)
    assert 0 < len(set(asked)) < ROWS * COLUMNS / 2


@pytest.mark.parametrize("shown", SHOWN, ids=str)
def test_every_tile_is_strictly_valid_and_shows_the_ground_that_is_there(drawn, shown):
    shapes = {}
    for (x, y), data in tiles_of(drawn, shown).items():
        faults = [
            fault for fault in faults_in(data) if shown.depth or "key is not used" not in fault
        ]
        assert faults == []  # the city has no parent to tell of
        for feature in decoded(data):
            moved = shapely.transform(
                feature.shape, lambda xy, x=x, y=y: xy + np.array([x, y]) * 4096
            )
            square = shapely.box(x * 4096, y * 4096, (x + 1) * 4096, (y + 1) * 4096)
            shapes.setdefault(feature.id, []).append(moved.intersection(square))
    sheet = drawn.panes[shown].base
    area = {}
    for row, unit in enumerate(sheet.ids.tolist()):
        rings = range(sheet.units[row], sheet.units[row + 1])
        parts = [sheet.xy[sheet.ends[r] : sheet.ends[r + 1]] for r in rings]
        area[unit] = sum(shapely.Polygon(ring).area for ring in parts)
    assert shapes.keys() == area.keys()
    for unit, parts in shapes.items():
        assert sum(part.area for part in parts) == pytest.approx(area[unit], abs=0.51 * 4 * 70)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_borders_match_within_and_across_levels(drawn, zoom):
    leaf, above = (
        {
            (start, end)
            for feature in (
                f for data in tiles_of(drawn, Shown(depth, zoom)).items() for f in placed(data)
            )
            for start, end in feature
        }
        for depth in (LEAF, TOWNSHIP)
    )
    assert above <= leaf
    single = [edge for edge in leaf if edge[::-1] not in leaf]
    outline = [edge for edge in above if edge[::-1] not in above]
    assert sorted(single) == sorted(outline)


def placed(item):
    """Directed edges of the features of a tile, those within it, in the tile units of the zoom."""
    (x, y), data = item
    for feature in decoded(data):
        for ring in feature.rings:
            edges = zip(ring, ring[1:] + ring[:1], strict=True)
            yield [
                tuple((px + x * 4096, py + y * 4096) for px, py in edge)
                for edge in edges
                if all(-64 < c < 4160 for place in edge for c in place)
            ]


@pytest.mark.full
def test_two_thousand_tiles_of_a_district_are_strictly_valid(small_template):
    units = {u.code: number for number, u in enumerate(small_template.made.units)}
    depth = ["city", "district", "township", "community", "grid", "micro_grid"].index
    leaves = {leaf.code for leaf in small_template.made.leaves}
    tree = Tree.of([
        (units[u.code], units.get(u.parent_code), depth(u.level), u.code in leaves)
        for u in small_template.made.units
    ])  # fmt: skip
    shapes = [u.shape for u in small_template.made.units]
    values = Values.of({n: (code, "", "", None, True, 0, True) for code, n in units.items()})
    shown = [Shown(d, z) for d in range(2, 6) for z in range(8 + d, 17)]
    shown += [Shown(5, 17), Shown(5, 18)]
    made = Drawings.build(
        tree,
        values,
        Scheme(tuple(shown)),
        lambda ids: [shapes[n] for n in ids.tolist()],
        lambda zoom: None,
    )
    chance, checked = np.random.default_rng(1), 0
    while checked < 2000:
        one = shown[chance.integers(len(shown))]
        pane = made.panes[one]
        box = pane.base.boxes[chance.integers(len(pane.base.ids))]
        x, y = (chance.integers(box[:2], box[2:] + 1) >> 12).tolist()
        data = polygon_layer("a", pane, values, (x, y))
        assert faults_in(data) == [], (one, x, y)
        checked += bool(data)
