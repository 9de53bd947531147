import psycopg
import pytest
from databases import client_on, cloned
from tile_points import AROUND, CATALOGUE, features_at, own_features, total
from tile_squares import fetch, tile_at

from gridgeo.events.layer import SINGLE_FROM
from gridgeo.events.model import CLOSED_STATES

SCATTER = """
INSERT INTO event (event_id, received_at, channel, external_id, category_scheme, category,
                   occurred_at, description, state, geom, map_version, content_hash)
SELECT 100 + n, timestamptz '2026-01-01 00:00+00' + n * interval '1 day', 'other', n::text,
       'gbt47678', '06010', now(), 'words that nobody shall read', states[n %% 19 + 1],
       ST_Point(%(west)s + random() * (%(east)s - %(west)s),
                %(south)s + random() * (%(north)s - %(south)s), 4326), 1, ''
FROM (SELECT setseed(0.5)) AS seed, generate_series(1, 500) AS n,
     (SELECT %(states)s::text[] AS states) AS known
"""
OPEN = "SELECT count(*) FROM event WHERE state <> ALL(%s)"
STATES = [
    "reported", "verifying", "registered", "merged", "opened", "dispatched", "accepted", "returned",
    "escalated", "handling", "extended", "suspended", "handled", "checking", "reworked", "closed",
    "revisited", "rejected", "cancelled",
]  # fmt: skip


@pytest.fixture(scope="module")
def dsns(cluster, tiny_template):
    """The tiny city with events of all states around."""
    with cloned(cluster, tiny_template.template) as dsns:
        with psycopg.connect(dsns.app) as conn:
            sides = dict(zip(("west", "south", "east", "north"), AROUND, strict=True))
            conn.execute(SCATTER, {**sides, "states": STATES})
        yield dsns


@pytest.fixture
def conn(dsns):
    with psycopg.connect(dsns.reader) as conn:
        yield conn


@pytest.mark.parametrize("z", [8, 10, 13, SINGLE_FROM])
def test_over_the_tiles_of_a_zoom_counts_add_up_to_the_open_events(conn, z):
    found = list(own_features(conn, "event", z))
    assert total(found) == conn.execute(OPEN, [sorted(CLOSED_STATES)]).fetchone()[0]
    assert len({feature.id for _, feature in found}) == len(found)


def test_an_event_says_its_state_and_class_and_no_more(conn):
    rows = conn.execute("SELECT event_id, state FROM event").fetchall()
    states = dict(rows)
    for z in (10, SINGLE_FROM):
        for _, feature in own_features(conn, "event", z):
            said = feature.attributes
            if "cluster" in said:
                assert said.keys() == {"cluster", "count"} and said["count"] > 1
            else:
                assert said == {
                    "state": states[feature.id], "scheme": "gbt47678", "class": "06",
                }  # fmt: skip
                assert said["state"] not in CLOSED_STATES


def test_open_events_are_found_by_their_own_index(dsns):
    request = CATALOGUE.request("event", *tile_at(12), 1)
    (layer,) = request.layers
    with psycopg.connect(dsns.owner) as conn:
        conn.execute("SET enable_seqscan = off")
        explain = b"EXPLAIN " + layer.layer.statement
        plan = conn.execute(explain, request.parameters(layer.layer), prepare=False).fetchall()
        (rule,) = conn.execute(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
            " WHERE indexrelid = 'event_open_gist'::regclass"
        ).fetchone()
    names = [row[0] for row in plan if "Index Scan" in row[0] and "event_" in row[0]]
    assert any("geom_idx" in name for name in names), plan
    assert all(state in rule for state in CLOSED_STATES)
    assert rule.count(",") == len(CLOSED_STATES) - 1


def test_an_event_that_is_closed_is_gone_from_its_tile(dsns, conn):
    insert = (
        "INSERT INTO event (event_id, received_at, channel, external_id, category_scheme, category,"
        " occurred_at, geom, map_version, content_hash) VALUES (9000, '2026-05-01 00:00+00',"
        " 'other', 'far', 'gbt47678', '06010', now(), ST_Point(114.3, 34.3, 4326), 1, '')"
    )
    tile = tile_at(10, 114.3, 34.3)
    with psycopg.connect(dsns.app, autocommit=True) as other:
        other.execute(insert)
        assert [f.id for f in features_at(conn, "event", *tile)] == [9000]
        conn.rollback()
        other.execute("UPDATE event SET state = 'closed' WHERE event_id = 9000")
    assert features_at(conn, "event", *tile) == []


def test_who_may_not_see_events_sees_none_alone_or_among_others(dsns, as_role):
    with client_on(dsns) as client:
        for layers in ("event", "grid,event", "theme,event"):
            for role, status in ((None, 401), ("viewer", 403), ("analyst", 200)):
                headers = as_role(role) if role else {}
                answer = fetch(client, layers, *tile_at(12), headers=headers)
                assert answer.status_code == status, (layers, role)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert b"nobody shall read" not in answer.content
