"""The map as a plan would make it: the same tiles as after its publication, but for ids."""

from contextlib import contextmanager
from functools import partial
from itertools import combinations

import pytest
from databases import cloned
from drawn_worker import serving, until
from strict_tile import decoded
from test_tiles_after_publication import corner_to_move
from tile_squares import fetch, tiles_over

from gridgeo.tiles import planned
from gridgeo.tiles.model import FIRST_TEMPORARY_ID

COVERS = "district,township,community,grid,micro_grid"
TILES = tiles_over(14)[:4]
SHIFTED = (113.612, 34.704, 113.630, 34.720)
"""Where the city lies in BD-09."""


@contextmanager
def planning(cluster, template, folder):
    """A client on a drawn map, with the calls of a planner."""
    headers = {"Authorization": f"Bearer {template.keys['planner']}"}
    with (
        pytest.MonkeyPatch.context() as patch,
        cloned(cluster, template.template) as dsns,
        serving(dsns, folder, patch) as client,
    ):
        client.post_as_planner = lambda path, **body: client.post(path, headers=headers, **body)
        client.planner = headers
        yield client


@pytest.fixture(scope="module")
def planner(cluster, tiny_template, tmp_path_factory):
    """For tests that publish nothing."""
    with planning(cluster, tiny_template, tmp_path_factory.mktemp("index")) as client:
        yield client


@pytest.fixture
def publisher(cluster, tiny_template, tmp_path):
    """For a test that does."""
    with planning(cluster, tiny_template, tmp_path) as client:
        yield client


def plan_with(client, *edits):
    plan = client.post_as_planner("/plans", json={"title": "t"}).json()["plan_id"]
    for edit in edits:
        answer = client.post_as_planner(f"/plans/{plan}/edits", json=edit)
        assert answer.is_success, answer.text
    return plan


def publish(client, plan):
    for step in ("submit", "approve", "publish"):
        answer = client.post_as_planner(f"/plans/{plan}/{step}")
        assert answer.is_success, answer.text


def shown(client, names=COVERS, **query):
    """What tiles show: by tile, layer-wise features without their ids, and the ids."""
    found, ids = {}, set()
    for tile in TILES:
        answer = fetch(client, names, *tile, headers=client.planner, **query)
        assert answer.status_code in (200, 204), answer.text
        features = decoded(answer.content)
        ids |= {feature.id for feature in features}
        found[tile] = sorted(
            (
                f.attributes.pop("code"),
                f.attributes.pop("token", False),
                str(sorted(f.attributes.items())),
                str(f.parts),
            )
            for f in features
        )
    return found, ids


def neighbours(made):
    """Pairs of leaves side by side."""
    for one, other in combinations(sorted(made.leaves, key=lambda leaf: leaf.code), 2):
        if one.shape.intersection(other.shape).length > 1e-4:
            yield one, other


def edits_of(made):
    """Edits that may be drawn one after another: none needs a unit that one before it took."""
    at, to, *_ = corner_to_move(made)
    families = [pair for pair in neighbours(made) if pair[0].parent_code == pair[1].parent_code]
    leaf = families[0][0]
    one, other = next(pair for pair in families if leaf not in pair)
    here, there = next(
        pair for pair in neighbours(made) if pair not in families and one not in pair
    )
    _, south, _, north = leaf.shape.bounds
    middle = leaf.shape.representative_point().x
    line = [[middle, south - 1e-4], [middle, north + 1e-4]]
    return [
        {"kind": "move_vertex", "at": at, "to": to},
        {"kind": "rename", "code": leaf.code, "name": "河畔"},
        {"kind": "split", "code": leaf.code, "lines": [line]},
        {"kind": "merge", "codes": [one.code, other.code], "keep": other.code},
        {"kind": "reparent", "codes": [here.code], "parent_code": there.parent_code},
    ]


@pytest.fixture(scope="module")
def edits(tiny_template):
    return {edit["kind"]: edit for edit in edits_of(tiny_template.made)}


def test_a_plan_shows_what_its_publication_will_show(publisher, edits):
    for version, (kind, edit) in enumerate(edits.items(), 2):
        plan = plan_with(publisher, edit)
        before, _ = shown(publisher)
        as_planned, ids = shown(publisher, plan=plan)
        publish(publisher, plan)
        until(partial(is_shown, publisher, version))
        after, _ = shown(publisher)
        assert as_planned == after != before, kind
        assert any(number >= FIRST_TEMPORARY_ID for number in ids) == (kind == "split")
    assert shown(publisher, plan=plan)[0] == after  # it is drawn on the version before


def is_shown(client, version):
    return client.app.state.tiles.current().version.version == version


def test_a_plan_on_an_older_version_is_shown_on_that_one(publisher, edits):
    plan = plan_with(publisher, edits["rename"])
    alone, _ = shown(publisher, plan=plan)
    publish(publisher, plan_with(publisher, edits["move_vertex"]))
    until(partial(is_shown, publisher, 2))
    assert shown(publisher, plan=plan)[0] == alone
    told = publisher.get(f"/tiles/grid.json?plan={plan}", headers=publisher.planner).json()
    assert told["map_version"] == 1


def test_every_edit_is_seen_by_the_next_request(planner, edits):
    plan = plan_with(planner, edits["split"])
    first, _ = shown(planner, plan=plan)
    planner.post_as_planner(f"/plans/{plan}/undo")
    assert shown(planner, plan=plan)[0] == shown(planner)[0] != first
    planner.post_as_planner(f"/plans/{plan}/redo")
    assert shown(planner, plan=plan)[0] == first


def test_without_drawings_a_plan_is_made_of_rows_with_the_same_units(planner, edits, monkeypatch):
    plan = plan_with(planner, edits["split"])
    drawn, _ = shown(planner, plan=plan)
    monkeypatch.setattr(planned, "MOST_PATCHED", 0)
    planner.app.state.tile_sources.planned._drawn._values.clear()
    by_rows, ids = shown(planner, plan=plan)
    assert any(number >= FIRST_TEMPORARY_ID for number in ids)
    for tile in TILES:
        said, drawn_so = (
            {(code, told) for code, _, told, _ in found[tile]} for found in (by_rows, drawn)
        )
        assert said == drawn_so
    labels, _ = shown(planner, "label", plan=plan)
    assert any(labels.values())


def test_a_plan_is_shown_in_a_datum_too(planner, edits):
    plan = plan_with(planner, edits["split"])
    codes = {row[0] for rows in shown(planner, "micro_grid", plan=plan)[0].values() for row in rows}
    shown(planner, "micro_grid", plan=plan, datum="gcj02")
    for drawn in (False, True):
        found, _ = shown(planner, "micro_grid", plan=plan, datum="gcj02")
        assert {row[0] for rows in found.values() for row in rows} & codes
        if not drawn:
            until(lambda: planner.app.state.shifted.current("gcj02") is not None)


def test_a_publication_reaches_the_tiles_of_a_datum(publisher, edits):
    shown(publisher, "micro_grid", datum="bd09")
    shifted = publisher.app.state.shifted
    until(lambda: shifted.current("bd09") is not None)
    before = shifted.current("bd09")
    publish(publisher, plan_with(publisher, edits["rename"]))
    until(lambda: shifted.current("bd09").version.version == 2)
    said = [
        {
            f.attributes["name"]
            for tile in tiles_over(14, SHIFTED)
            for f in decoded(one.tile("micro_grid", *tile).plain)
        }
        for one in (before, shifted.current("bd09"))
    ]
    assert said[1] - said[0] == {"河畔"}


def test_other_layers_are_those_of_the_version(planner, edits):
    plan = plan_with(planner, edits["split"])
    for tile in TILES:
        asked = [
            fetch(planner, "road,building,place", *tile, headers=planner.planner, **query).content
            for query in ({}, {"plan": plan})
        ]
        assert asked[0] == asked[1]


def test_only_who_may_plan_sees_a_plan_and_nobody_keeps_it(planner, edits, as_role):
    plan = plan_with(planner, edits["rename"])
    tile = TILES[0]
    seen = fetch(planner, "grid", *tile, headers=planner.planner, plan=plan)
    assert seen.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": seen.headers["ETag"]}
    again = fetch(planner, "grid", *tile, headers=planner.planner | tag, plan=plan)
    assert again.status_code == 304
    for role, status in ((None, 401), ("viewer", 403), ("dispatcher", 403), ("operator", 200)):
        headers = as_role(role) if role else {}
        assert fetch(planner, "grid", *tile, headers=headers, plan=plan).status_code == status
        told = planner.get(f"/tiles/grid.json?plan={plan}", headers=headers)
        assert told.status_code == status
        if status != 200:
            assert (
                fetch(planner, "grid", *tile, headers=headers | tag, plan=plan).status_code
                == status
            )
    assert told.json()["tiles"][0].endswith(f".mvt?plan={plan}")


def test_what_is_no_plan_is_refused(planner):
    tile = TILES[0]
    for query, status, key in (
        ({"plan": 99}, 404, "plan_id"), ({"plan": "x"}, 400, "plan"), ({"plan": 0}, 400, "plan"),
        ({"plan": 1, "at": "1"}, 400, "at"),
    ):  # fmt: skip
        answer = fetch(planner, "grid", *tile, headers=planner.planner, **query)
        assert (answer.status_code, answer.json()["key"]) == (status, key)
