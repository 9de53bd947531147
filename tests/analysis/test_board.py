from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from databases import cloned

from gridgeo.analysis.board import WINDOW, CellBoard, UnitBoard
from gridgeo.analysis.figures import Classes

BREAKS = Classes((1, 2, 4, 8, 16, 32, 64, 128))
CLASSES = {"households": BREAKS, "events": BREAKS, "devices": BREAKS}
DAY = datetime(2026, 5, 1, tzinfo=UTC)
RESOLUTION = 8

INSERT = """
INSERT INTO event (event_id, received_at, channel, external_id, category_scheme, category,
                   occurred_at, geom, unit_id, map_version, content_hash)
SELECT coalesce(max(event_id), 0) + 1, %(at)s, 'other', '', 'gbt47678', '06010', now(),
       ST_Point(%(lon)s, %(lat)s, 4326), %(unit_id)s, 1, ''
FROM event
"""


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment


@pytest.fixture(scope="module")
def city(cluster, tiny_template):
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture
def conn(city):
    """A connection whose changes are undone."""
    with psycopg.connect(city.app) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def clock():
    return Clock(DAY + timedelta(hours=8, minutes=7))


@pytest.fixture
def receive(conn, tiny_template):
    """Take in some events at an instant, all in the same leaf."""
    leaf = tiny_template.made.leaves[0]
    point = leaf.shape.representative_point()
    (unit_id,) = conn.execute("SELECT unit_id FROM unit WHERE code = %s", [leaf.code]).fetchone()

    def send(at, count=1):
        row = {"at": at, "lon": point.x, "lat": point.y, "unit_id": unit_id}
        conn.cursor().executemany(INSERT, [row] * count)

    return send


@pytest.fixture(params=["units", "cells"])
def events(request, conn, clock):
    """Count the events that the boards show."""
    units, cells = UnitBoard(CLASSES, clock), CellBoard(CLASSES, clock)

    def count():
        if request.param == "units":
            figures = units.figures(conn, "community")
        else:
            figures = cells.figures(conn, RESOLUTION)
        return int(figures.columns["events"].clip(0).sum())

    return count


def test_events_of_a_year_and_of_today_count_up_to_the_last_full_ten_minutes(receive, events):
    for outside in (DAY - WINDOW - timedelta(seconds=1), DAY + timedelta(hours=8)):
        receive(outside, 100)
    receive(DAY - WINDOW, 5)
    receive(DAY - timedelta(seconds=1), 6)
    receive(DAY, 7)
    receive(DAY + timedelta(hours=7, minutes=59, seconds=59), 8)
    assert events() == 26


def test_figures_stay_for_ten_minutes_and_are_counted_anew_then(receive, events, clock):
    assert events() == 0
    receive(DAY + timedelta(hours=8, minutes=1), 9)
    clock.moment += timedelta(minutes=2, seconds=59)
    assert events() == 0
    clock.moment += timedelta(seconds=1)
    assert events() == 9


def test_what_came_in_late_for_a_day_before_counts_from_the_next_day_on(receive, events, clock):
    assert events() == 0
    receive(DAY - timedelta(days=3), 9)
    clock.moment += timedelta(hours=1)
    assert events() == 0
    clock.moment = DAY + timedelta(days=1)
    assert events() == 9


def test_a_new_map_version_is_counted_at_once(conn, receive, clock):
    board = UnitBoard(CLASSES, clock)
    before = board.figures(conn, "community")
    assert board.figures(conn, "community") is before
    receive(DAY, 9)
    conn.execute(
        "INSERT INTO map_version (version, parent_version, valid_from, actor)"
        " VALUES (2, 1, now(), 'test')"
    )
    after = board.figures(conn, "community")
    assert after.columns["events"].sum() == 9
    assert after.ids.tolist() == before.ids.tolist()


def test_a_level_that_the_city_does_not_have_has_no_figures(conn, clock):
    found = UnitBoard(CLASSES, clock).figures(conn, "ward")
    assert (len(found.ids), found.columns) == (0, {})


def test_two_workers_count_alike(conn, receive, clock):
    receive(DAY, 9)
    one, two = (UnitBoard(CLASSES, clock).figures(conn, "grid") for _ in range(2))
    assert one.ids.tolist() == two.ids.tolist()
    assert {n: c.tolist() for n, c in one.columns.items()} == {
        n: c.tolist() for n, c in two.columns.items()
    }
