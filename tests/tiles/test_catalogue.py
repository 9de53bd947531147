import pytest
import shapely

from gridgeo.db.layers import Layer
from gridgeo.errors import NotFound
from gridgeo.tiles.model import Catalogue

GRID = Layer("grid", "polygon", b"SELECT %(version)s", {"code": "code"}, {"level": "grid"})
LAMP = Layer("lamp", "point", b"SELECT 1", {}, {})
ZOOMS = {"grid": {"minzoom": 2, "maxzoom": 4}, "lamp": {"minzoom": 0, "maxzoom": 1}}


def test_a_request_holds_all_that_the_statement_takes():
    request = Catalogue([GRID, LAMP], ZOOMS).request("grid", 3, 7, 3, 5)
    taken = request.parameters(GRID)
    reach = shapely.from_wkb(taken.pop("reach"))
    assert taken == {"level": "grid", "version": 5, "z": 3}
    assert shapely.get_srid(reach) == 4326
    south_of_the_equator = -40.97989806962013 * 64 / 4096  # a little less, since Mercator stretches
    expected = (135 - 45 / 64, south_of_the_equator, 180 + 45 / 64, 40.97989806962013)
    assert reach.bounds == pytest.approx(expected, abs=0.7)


@pytest.mark.parametrize(
    ("name", "z", "x", "y", "key"),
    [
        ("nothing", 3, 0, 0, "layer"), ("grid", 1, 0, 0, "z"), ("grid", 5, 0, 0, "z"),
        ("grid", 3, 8, 0, "x"), ("grid", 3, -1, 0, "x"), ("grid", 3, 0, 8, "y"),
    ],
)  # fmt: skip
def test_a_tile_that_is_not_there_is_said_by_its_key(name, z, x, y, key):
    with pytest.raises(NotFound) as missing:
        Catalogue([GRID, LAMP], ZOOMS).request(name, z, x, y, 1)
    assert missing.value.key == key


def test_the_catalogue_lists_the_layers_that_have_zooms():
    assert [layer.layer.name for layer in Catalogue([GRID, LAMP], ZOOMS)] == ["grid", "lamp"]


def test_zooms_of_a_layer_that_does_not_exist_are_refused_at_the_start():
    with pytest.raises(ValueError, match=r"layers\.toml names layers that do not exist: lamp"):
        Catalogue([GRID], ZOOMS)


def test_only_a_layer_of_the_map_itself_has_versions():
    catalogue = Catalogue([GRID, LAMP], ZOOMS)
    assert (catalogue.get("grid").has_versions, catalogue.get("lamp").has_versions) == (True, False)
