import h3
import psycopg
import pytest
from databases import cloned
from drawn_worker import serving
from strict_tile import decoded, faults_in
from tile_squares import fetch, tiles_over

from gridgeo.analysis.layer import CellTheme, UnitTheme
from gridgeo.tiles.themes import DrawnThemes

SCATTER = """
INSERT INTO event (event_id, received_at, channel, external_id, category_scheme, category,
                   occurred_at, geom, unit_id, map_version, content_hash)
SELECT row_number() OVER (), now() - interval '2 days', 'other', '', 'gbt47678', '06010', now(),
       point, unit_id, 1, ''
FROM (SELECT unit_id, ST_PointOnSurface(geom) AS point,
             row_number() OVER (ORDER BY unit_id) % 9 AS many
      FROM unit_shape WHERE is_leaf) AS leaf,
     generate_series(1, many)
"""
LEVELS = {8: "township", 10: "community", 12: "grid", 14: "micro_grid", 16: "micro_grid"}


@pytest.fixture(scope="module")
def client(cluster, tiny_template, tmp_path_factory):
    """The tiny city, drawn, with none to eight events in each leaf."""
    with (
        pytest.MonkeyPatch.context() as patch,
        cloned(cluster, tiny_template.template) as dsns,
    ):
        with psycopg.connect(dsns.app) as conn:
            conn.execute(SCATTER)
        with serving(dsns, tmp_path_factory.mktemp("index"), patch) as client:
            yield client


def said_in(client, layer, z, key="code", **query):
    """What the features of all tiles say, by code or cell; the same in every tile."""
    said = {}
    for tile in tiles_over(z):
        for feature in decoded(fetch(client, layer, *tile, **query).content):
            assert said.setdefault(feature.attributes[key], feature.attributes) == (
                feature.attributes
            )
    return said


@pytest.mark.parametrize("z", LEVELS)
def test_a_theme_has_the_borders_of_the_map_and_no_others(client, z):
    for tile in tiles_over(z):
        theme, cover = (fetch(client, name, *tile).content for name in ("theme", LEVELS[z]))
        assert faults_in(theme) == []
        assert [(f.id, f.parts) for f in decoded(theme)] == [
            (f.id, f.parts) for f in decoded(cover)
        ]


@pytest.mark.parametrize("z", LEVELS)
def test_drawn_or_not_a_theme_says_the_same(client, z):
    drawn, stored = (said_in(client, "theme", z, **query) for query in ({}, {"at": "1"}))
    assert {code: without_token(said) for code, said in drawn.items()} == stored


def without_token(said):
    return {name: value for name, value in said.items() if name != "token"}


@pytest.mark.parametrize("z", LEVELS)
def test_a_theme_tells_everybody_what_density_tells_and_no_more(client, z):
    said = said_in(client, "theme", z)
    for of in ("events", "devices"):
        query = {"by": "unit", "level": LEVELS[z], "of": of}
        density = client.get("/density", params=query).json()
        shown = {row["code"]: row["count"] for row in density["rows"]}
        assert {code: one[of] for code, one in said.items() if of in one} == shown
        assert sum(shown.values()) + density["hidden"] + density["outside"] == density["total"]
        assert all(f"{of}_class" not in one for one in said.values() if of not in one)
    if LEVELS[z] == "micro_grid":
        assert density["hidden_rows"] > 0
        assert any("events" not in one for one in said.values())


@pytest.mark.parametrize("z", [7, 9, 11, 13, 14])
def test_hexagons_tell_everybody_what_density_tells_and_no_more(client, z):
    said = said_in(client, "density", z, key="cell")
    (resolution,) = {h3.get_resolution(cell) for cell in said}
    for of in ("events", "devices"):
        query = {"by": "h3", "res": resolution, "of": of}
        density = client.get("/density", params=query).json()
        shown = {row["cell"]: row["count"] for row in density["rows"]}
        assert {cell: one[of] for cell, one in said.items() if one.get(of)} == shown
        assert sum(shown.values()) + density["hidden"] + density["outside"] == density["total"]


def test_hexagons_have_ids_that_javascript_can_hold_and_fit_one_another(client):
    ids = {}
    for tile in tiles_over(13):
        answer = fetch(client, "density", *tile).content
        assert faults_in(answer) == []
        for feature in decoded(answer):
            assert 0 < feature.id < 2**53
            assert (
                ids.setdefault(feature.id, feature.attributes["cell"])
                == (feature.attributes["cell"])
            )
    assert ids and len(set(ids.values())) == len(ids)


def test_themes_are_open_to_everybody_and_never_pinned(client, as_role):
    (tile, *_) = tiles_over(12)
    for layer in ("theme", "density", "theme,density"):
        plain = fetch(client, layer, *tile)
        assert plain.status_code == 200
        pinned = fetch(client, layer, *tile, at="1")
        assert pinned.headers["Cache-Control"] == "public, no-cache"
        assert fetch(client, layer, *tile, headers=as_role("operator")).content == plain.content


def test_tilejson_tells_where_the_classes_begin(client):
    for name, counts in (("theme", 3), ("density", 2)):
        (layer,) = client.get(f"/tiles/{name}.json").json()["vector_layers"]
        assert len(layer["breaks"]) == counts
        for field, breaks in layer["breaks"].items():
            assert len(breaks) == 8 and ", ".join(map(str, breaks)) in layer["fields"][field]
    (grid,) = client.get("/tiles/grid.json").json()["vector_layers"]
    assert grid["breaks"] == {}


def test_a_theme_can_be_had_beside_other_layers_and_in_another_datum(client):
    (tile, *_) = tiles_over(14)
    both = decoded(fetch(client, "micro_grid,theme", *tile).content)
    assert len(both) == 2 * len({feature.id for feature in both})
    shifted = fetch(client, "theme", *tile, datum="gcj02")
    assert shifted.status_code == 200
    assert "households" in decoded(shifted.content)[0].attributes


def test_where_its_level_is_not_drawn_a_theme_is_left_to_the_database(client):
    state, classes = client.app.state, dict.fromkeys(("households", "events", "devices"), range(8))
    request = state.catalogue.request("theme", *tiles_over(8)[0], 1)
    with state.read_pool.connection() as conn:
        for level in ("ward", "city"):
            theme = UnitTheme.of("theme", {"levels": {"8": level}, "classes": classes})
            drawn = DrawnThemes([theme]).layers(conn, state.tiles.current(), request)
            assert drawn == {}


def test_a_row_without_its_classes_is_refused_at_the_start():
    row = {"levels": {"8": "grid"}, "resolutions": {"8": 8}, "classes": {"events": range(1, 9)}}
    with pytest.raises(ValueError, match=r"\[theme.classes\] .* lacks devices, households"):
        UnitTheme.of("theme", row)
    with pytest.raises(ValueError, match="lacks devices"):
        CellTheme.of("density", row)


def test_a_zoom_before_the_first_shows_what_begins_there():
    classes = dict.fromkeys(("households", "events", "devices"), range(1, 9))
    theme = UnitTheme.of("t", {"levels": {"8": "grid", "10": "leaf"}, "classes": classes})
    assert [theme.levels.at(z) for z in (5, 8, 9, 10, 18)] == [
        "grid", "grid", "grid", "leaf", "leaf",
    ]  # fmt: skip
