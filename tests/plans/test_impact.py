"""Impact equals outcome: what is foreseen is what the publication then does."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest
import shapely
from databases import cloned
from memory_map import MemoryMap
from random_planner import RandomPlanner

from gridgeo.app import plan_followers
from gridgeo.dispatch.deciding import Memory
from gridgeo.events.foresight import foresight
from gridgeo.events.model import Report
from gridgeo.events.store import take_in
from gridgeo.geometry.errors import EditRefused
from gridgeo.parties.books import Books
from gridgeo.plans.impact import Foresight, impact
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.stored_map import StoredMap
from gridgeo.units import store
from gridgeo.units.publish import Record, publish

KINDS = (
    "move_vertex", "split", "merge", "transfer", "reshape", "reparent", "rename", "create",
    "retire", "replace", "merge_above", "create_above", "create_exclusive", "edit_exclusive",
    "retire_exclusive",
)  # fmt: skip

NOBODY_ELSE = Foresight((), lambda conn, so_far, rows: [row["party"] for row in rows])

DEVICE_HOMES = """SELECT d.device_id, u.code FROM device d
    LEFT JOIN unit u ON u.unit_id = d.unit_id AND u.versions @> %s::int"""
POST_HOMES = """SELECT d.post_id, u.code FROM duty_post d
    JOIN unit u ON u.unit_id = d.unit_id AND u.versions @> %s::int"""
EVENT_HOMES = """SELECT e.event_id, u.code, e.state = 'closed', p.code FROM event e
    LEFT JOIN unit u ON u.unit_id = e.unit_id AND u.versions @> %s::int
    JOIN LATERAL (SELECT party_id FROM event_assignment a WHERE a.event_id = e.event_id
                  ORDER BY seq DESC LIMIT 1) last ON true
    JOIN party p USING (party_id)"""


@pytest.fixture(scope="module")
def eventful(cluster, tiny_template):
    """A copy of the tiny city with 150 events in it, some of them closed; as connection."""
    with cloned(cluster, tiny_template.template) as dsns, psycopg.connect(dsns.app) as conn:
        _report(conn, tiny_template.made, 150)
        conn.execute("UPDATE event SET state = 'closed' WHERE event_id %% 3 = 0", ())
        conn.commit()
        yield conn


def _report(conn, made, number):
    rng = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds([leaf.shape for leaf in made.leaves])
    schemes = conn.execute("SELECT scheme, code FROM event_category ORDER BY 1, 2").fetchall()
    channel = conn.execute("SELECT channel FROM channel ORDER BY 1").fetchone()[0]
    memory = Memory()
    for row in range(number):
        scheme, category = schemes[int(rng.integers(len(schemes)))]
        lon, lat = rng.uniform((west, south), (east, north)).round(7).tolist()
        now = datetime.now(UTC)
        take_in(conn, memory, Report(channel, str(row), scheme, category, lon, lat, now))


def _change(conn, head, seed):
    """A plan of one to three random edits on the live map, as the map that they make."""
    rng = np.random.default_rng(seed)
    units = store.all_units(conn, head)
    grids = {g.code: g for _, g, _ in store.exclusive_grids(conn, head)}
    memory = MemoryMap(units, grids, store.read_profile(conn))
    memory.given |= {code for (code,) in conn.execute("SELECT code FROM unit_code")}
    plan = memory.plan()
    while not plan.done:
        for number in range(int(rng.integers(1, 4))):
            kind = KINDS[int(rng.integers(len(KINDS)))]
            try:
                plan = plan.after(RandomPlanner(plan, seed * 10 + number).edit(kind))
            except EditRefused:
                continue
        seed += 1_000
    return plan.done


def _outcome(conn, version):
    devices = dict(conn.execute(DEVICE_HOMES, (version,)))
    events = {row[0]: row[1:] for row in conn.execute(EVENT_HOMES, (version,))}
    posts = dict(conn.execute(POST_HOMES, (version,)))
    units = {c: u.households for c, u in store.all_units(conn, version).items()}
    return devices, events, posts, units


def _moves(before, after):
    assert before.keys() == after.keys()
    return Counter((before[i], after[i]) for i in before if before[i] != after[i])


def _check(conn, seed):
    head = store.resolve_version(conn).version
    change = _change(conn, head, seed)
    so_far = PlanMap(StoredMap(conn, head), change)
    found = impact(conn, so_far, foresight(Books()))
    devices, events, posts, households = _outcome(conn, head)
    publish(conn, change.units, plan_followers(), Record("test", head), change.exclusive)
    conn.commit()
    devices_after, events_after, posts_after, households_after = _outcome(conn, head + 1)
    assert found.devices == _moves(devices, devices_after)
    assert found.duty_posts == _moves(posts, posts_after)
    homes, homes_after = ({i: e[0] for i, e in side.items()} for side in (events, events_after))
    assert found.events == found.year_events == _moves(homes, homes_after)
    opened = {i for i, e in events.items() if not e[1]}
    assert found.open_events == _moves(
        {i: homes[i] for i in opened}, {i: homes_after[i] for i in opened}
    )
    assert found.parties == _moves(
        {i: events[i][2] for i in opened}, {i: events_after[i][2] for i in opened}
    )
    changed = {
        code: (households.get(code), households_after.get(code))
        for code in households.keys() | households_after.keys()
    }
    assert {row.code: (row.before, row.after) for row in found.households} == {
        code: ends for code, ends in changed.items() if ends[0] != ends[1]
    }
    return found


def test_posts_of_a_unit_that_goes_fall_to_who_has_their_place(eventful):
    head = store.resolve_version(eventful).version
    units = store.all_units(eventful, head)
    memory = MemoryMap(units, {}, store.read_profile(eventful))
    plan = memory.plan()
    change = plan.after(RandomPlanner(plan, 3).edit("merge")).done
    [gone] = [code for code in change.units.codes if code not in change.units.new][:1]
    so_far = PlanMap(StoredMap(eventful, head), change)
    found = impact(eventful, so_far, NOBODY_ELSE)
    assert {ends[0] for ends in found.duty_posts} >= {gone}
    assert all(ends[1] in change.units.new for ends in found.duty_posts)


def test_impact_equals_outcome(eventful):
    found = [_check(eventful, seed) for seed in range(4)]
    assert any(impact.devices or impact.events or impact.parties for impact in found)


@pytest.mark.full
def test_impact_equals_outcome_on_100_random_plans(eventful):
    found = [_check(eventful, seed) for seed in range(100, 200)]
    for name in ("devices", "events", "open_events", "parties", "duty_posts"):
        assert any(getattr(impact, name) for impact in found), name


def test_plan_that_does_nothing_moves_nobody(eventful):
    head = store.resolve_version(eventful).version
    so_far = PlanMap(StoredMap(eventful, head), Change())
    found = impact(eventful, so_far, NOBODY_ELSE)
    assert not any((found.devices, found.events, found.residents, found.households))
    assert not found.duty_posts
