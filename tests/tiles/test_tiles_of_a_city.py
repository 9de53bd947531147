"""Tiles of a whole district: what a change dirties, and that the coverage holds as served."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from real_city import LEVELS, RealCity, scheme
from strict_tile import decoded, faults_in

from gridgeo.geometry.generalise.coverage import edges_of_rings
from gridgeo.geometry.generalise.frame import to_fine
from gridgeo.geometry.lattice import to_lattice
from gridgeo.tiles.drawn.dirty import dirty_label_tiles, dirty_tiles
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.points import label_layer
from gridgeo.tiles.drawn.scheme import Shown, tolerance_of

LAST = 14
LOW, HIGH = -64, 4096 + 64


@pytest.fixture(scope="module")
def city(small_template):
    return RealCity.of(small_template.made)


@pytest.fixture(scope="module")
def drawn(city):
    return city.drawn(scheme(LAST))


def tiles_over(boxes):
    west, north = (boxes[:, :2].min(axis=0) >> 12) - 1
    east, south = (boxes[:, 2:].max(axis=0) >> 12) + 1
    return [(x, y) for x in range(west, east + 1) for y in range(north, south + 1)]


def tiles_of(drawings, shown):
    """Bytes of every tile of a level that is not empty."""
    pane = drawings.panes[shown]
    made = {
        tile: polygon_layer(LEVELS[shown.depth], pane, drawings.values, tile)
        for tile in tiles_over(np.vstack((pane.base.boxes, pane.over.boxes)))
    }
    return {tile: data for tile, data in made.items() if data}


def labels_of(drawings, zoom):
    labels = drawings.labels
    made = {}
    for key in np.unique(labels.tiles_at(zoom)).tolist():
        tile = key >> 32, key & 0xFFFFFFFF
        rows = labels.rows_at(zoom, *tile)
        made[tile] = label_layer("label", labels, rows, drawings.values, zoom)
    return {tile: data for tile, data in made.items() if data}


def unlike(old, new):
    return {tile for tile in old.keys() | new.keys() if old.get(tile) != new.get(tile)}


def as_tiles(keys):
    return {(key >> 32, key & 0xFFFFFFFF) for key in keys.tolist()}


@pytest.mark.parametrize("what", ["a border is moved", "a unit is renamed", "a leaf is split"])
def test_no_tile_that_changed_is_left_and_few_are_called_changed_that_did_not(city, drawn, what):
    chance = np.random.default_rng(3)
    later = {
        "a border is moved": lambda: city.moved(chance),
        "a unit is renamed": lambda: city.renamed(int(chance.choice(city.leaves)), "新名"),
        "a leaf is split": lambda: city.split(chance),
    }[what]()
    after, altered = city.followed(drawn, later)
    dirtied = unchanged = 0
    for shown in drawn.panes:
        changed = unlike(tiles_of(drawn, shown), tiles_of(after, shown))
        touched = altered.panes.get(shown)
        dirty = set() if touched is None else as_tiles(dirty_tiles(touched))
        assert changed <= dirty, shown
        dirtied, unchanged = dirtied + len(dirty), unchanged + len(dirty - changed)
    for zoom in range(8, LAST + 1):
        changed = unlike(labels_of(drawn, zoom), labels_of(after, zoom))
        assert changed == as_tiles(dirty_label_tiles(altered.labels, after.values, zoom)), zoom
        dirtied += len(changed)
    assert dirtied and unchanged <= 0.2 * dirtied


def edges(features):
    """Directed edges of features in tile units, those along the edge of the buffer left out."""
    for feature in features:
        for ring in feature.rings:
            for a, b in pairwise([*ring, ring[0]]):
                along = any(a[k] == b[k] and a[k] in (LOW, HIGH) for k in (0, 1))
                if not along:
                    yield a, b


def outline_of(drawings, shown):
    """The border of all units of a level together, as they are drawn."""
    sheet = drawings.panes[shown].base
    start, end, _ = edges_of_rings(sheet.at(np.flatnonzero(~sheet.token)).rings)
    both = set(zip(start.tolist(), end.tolist(), strict=True))
    single = [edge for edge in both if edge[::-1] not in both]
    xy = np.array(single)
    return shapely.multilinestrings(np.stack((xy >> 32, xy & 0xFFFFFFFF), axis=-1))


def assert_a_coverage(drawings, shown):
    outline = outline_of(drawings, shown)
    shapely.prepare(outline)
    area = {}
    for (x, y), data in tiles_of(drawings, shown).items():
        assert faults_in(data) == []
        features = [f for f in decoded(data) if not f.attributes.get("token")]
        here = list(edges(features))
        assert len(set(here)) == len(here), (shown, x, y)
        single = set(here) - {(b, a) for a, b in here}
        middles = np.array([(np.add(a, b)) / 2 for a, b in single]).reshape(-1, 2)
        middles += np.array([x, y]) * 4096
        assert shapely.dwithin(shapely.points(middles), outline, 1.0).all(), (shown, x, y)
        square = shapely.box(0, 0, 4096, 4096)
        parts = shapely.intersection([f.shape for f in features], square)
        assert shapely.area(parts).sum() <= 4096**2 + 4096
        for feature, part in zip(features, shapely.area(parts).tolist(), strict=True):
            area[feature.id] = area.get(feature.id, 0.0) + part
    return area


def assert_no_unit_is_far_from_its_size(city, drawings, shown, area):
    sheet, width = drawings.panes[shown].base, 2.0 ** (24 - shown.zoom)
    for unit in sheet.ids[~sheet.token].tolist():
        ground = shapely.transform(
            city.shape(unit), lambda xy: to_fine(to_lattice(xy).astype(int)) / width
        )
        most = ground.length * (tolerance_of(shown) + 1) + 1
        assert abs(area[unit] - ground.area) <= most


@pytest.mark.parametrize(
    "shown", [Shown(1, 8), Shown(5, 9, True), Shown(2, 10), Shown(5, 12)], ids=str
)
def test_a_district_as_served_has_no_gap_and_no_overlap_across_tiles(city, drawn, shown):
    area = assert_a_coverage(drawn, shown)
    assert_no_unit_is_far_from_its_size(city, drawn, shown, area)


@pytest.mark.full
def test_a_district_as_served_has_no_gap_and_no_overlap_at_any_zoom(city):
    drawn = city.drawn(scheme(16))
    for shown in drawn.panes:
        area = assert_a_coverage(drawn, shown)
        assert_no_unit_is_far_from_its_size(city, drawn, shown, area)
