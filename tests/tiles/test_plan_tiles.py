"""The map as a plan would make it: the same tiles as after its publication, but for ids."""

import pytest
from databases import cloned
from edits_by_kind import EDITS, ONE, OTHER, geo, moved
from strict_tile import decoded
from test_drawn_tiles import serving, until
from tile_squares import fetch, tiles_over

from gridgeo.tiles import planned
from gridgeo.tiles.model import FIRST_TEMPORARY_ID

COVERS = "district,township,community,grid,micro_grid"
KINDS = ("split", "merge", "reshape", "move_vertex", "rename", "reparent")
TILES = tiles_over(14)


@pytest.fixture
def planner(cluster, tiny_template, tmp_path, monkeypatch, as_role):
    """A client on a drawn map, with the calls of a planner."""
    headers = as_role("planner")
    with (
        cloned(cluster, tiny_template.template) as dsns,
        serving(dsns, tmp_path, monkeypatch) as client,
    ):
        client.post_as_planner = lambda path, **body: client.post(path, headers=headers, **body)
        client.planner = headers
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
            (f.attributes["code"], f.attributes["level"], str(f.attributes), str(f.parts))
            for f in features
        )
    return found, ids


def edit_of(kind):
    return {"kind": kind, **EDITS[kind]()}


def test_a_plan_shows_what_its_publication_will_show(planner):
    version = 1
    for kind in KINDS:
        plan = plan_with(planner, edit_of(kind))
        before, _ = shown(planner)
        as_planned, ids = shown(planner, plan=plan)
        by_rows, _ = shown(planner, "label,micro_grid", at=str(version))
        publish(planner, plan)
        version += 1
        until(lambda: planner.app.state.tiles.current().version.version == version)  # noqa: B023
        after, _ = shown(planner)
        assert as_planned == after, kind
        assert as_planned != before, kind
        assert any(number >= FIRST_TEMPORARY_ID for number in ids) == (kind == "split")
        assert shown(planner, plan=plan)[0] == after  # and so it stays
        undone = plan_with(planner, {"kind": "restore", "version": version - 1})
        assert shown(planner, plan=undone)[0] == before
        assert shown(planner, "label,micro_grid", at=str(version - 1))[0] == by_rows
        publish(planner, undone)
        version += 1
        until(lambda: planner.app.state.tiles.current().version.version == version)  # noqa: B023


def test_a_plan_on_an_older_version_is_shown_on_that_one(planner):
    plan = plan_with(planner, edit_of("rename"))
    alone, _ = shown(planner, plan=plan)
    publish(planner, plan_with(planner, edit_of("move_vertex")))
    until(lambda: planner.app.state.tiles.current().version.version == 2)
    assert shown(planner, plan=plan)[0] == alone
    assert (
        planner.get(f"/tiles/grid.json?plan={plan}", headers=planner.planner).json()["map_version"]
        == 1
    )


def test_every_edit_is_seen_by_the_next_request(planner):
    plan = plan_with(planner, edit_of("split"))
    first, _ = shown(planner, plan=plan)
    planner.post_as_planner(f"/plans/{plan}/undo")
    assert shown(planner, plan=plan)[0] == shown(planner)[0] != first
    planner.post_as_planner(f"/plans/{plan}/redo")
    assert shown(planner, plan=plan)[0] == first


def test_without_drawings_a_plan_is_made_of_rows_and_shows_the_same_units(planner, monkeypatch):
    plan = plan_with(planner, edit_of("split"))
    drawn, _ = shown(planner, plan=plan)
    monkeypatch.setattr(planned, "MOST_PATCHED", 0)
    planner.app.state.tile_sources.planned._drawn._values.clear()
    by_rows, ids = shown(planner, plan=plan)
    assert any(number >= FIRST_TEMPORARY_ID for number in ids)
    for tile in TILES:
        assert [row[:3] for row in by_rows[tile]] == [row[:3] for row in drawn[tile]]
    labels, _ = shown(planner, "label", plan=plan)
    assert any(labels.values())


def test_a_plan_is_shown_in_a_datum_too(planner):
    plan = plan_with(planner, edit_of("split"))
    codes = {row[0] for rows in shown(planner, "micro_grid", plan=plan)[0].values() for row in rows}
    shown(planner, "micro_grid", plan=plan, datum="gcj02")
    for drawn in (False, True):
        found, _ = shown(planner, "micro_grid", plan=plan, datum="gcj02")
        assert {row[0] for rows in found.values() for row in rows} & codes
        if not drawn:
            until(lambda: planner.app.state.shifted.current("gcj02") is not None)


def test_other_layers_are_those_of_the_version(planner):
    plan = plan_with(planner, edit_of("split"))
    for tile in TILES:
        asked = [
            fetch(planner, "road,building,place", *tile, headers=planner.planner, **query).content
            for query in ({}, {"plan": plan})
        ]
        assert sorted(map(str, decoded(asked[0]))) == sorted(map(str, decoded(asked[1])))


def test_only_who_may_plan_sees_a_plan_and_nobody_keeps_it(planner, as_role):
    plan = plan_with(planner, edit_of("rename"))
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
