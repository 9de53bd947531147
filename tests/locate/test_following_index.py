"""The city in memory follows a publication by a patch, and equals the city read anew."""

from dataclasses import replace

import shapely
from databases import cloned
from psycopg import connect
from twins import vertices_and_midpoints

from gridgeo.app import FOLLOWERS
from gridgeo.geometry.delta import Delta
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import Indexes, index_of, load_index
from gridgeo.plans import store as plans
from gridgeo.units import store
from gridgeo.units.publish import Record, publish


def publish_move(conn, number: int) -> None:
    head = store.resolve_version(conn).version
    inside = store.root_unit(conn, head).shape.buffer(-0.001)
    leaves = [u.shape for u in store.all_units(conn, head).values() if u.is_leaf]
    corners = sorted({tuple(p) for s in leaves for p in shapely.get_coordinates(s).tolist()})
    at = [p for p in corners if inside.contains(shapely.Point(p))][number]
    plan = plans.create_plan(conn, "move", None, "test").plan_id
    params = {"at": list(at), "to": [at[0] + 0.000013, at[1] + 0.000007]}
    plans.add_edit(conn, plan, "move_vertex", params, "test")
    for step in ("submit", "approve"):
        plans.take_step(conn, plan, step)
    plans.publish_plan(conn, plan, FOLLOWERS, "test")
    conn.commit()


def answers(city: CityIndex, points: list[tuple[float, float]]) -> list[object]:
    owners = city.index.locate(*zip(*points, strict=True)).tolist()
    return [owners, [city.place(*point) for point in points[::97]]]


def test_a_patched_city_answers_as_one_read_anew(cluster, tiny_template, monkeypatch):
    with cloned(cluster, tiny_template.template) as dsns, connect(dsns.app) as conn:
        indexes = Indexes(5)
        first = index_of(conn, indexes, store.resolve_version(conn))
        before = first.place(113.6071, 34.7061)
        for number in (3, 40, 90):
            publish_move(conn, number)
            head = store.resolve_version(conn)
            monkeypatch.setattr("gridgeo.locate.store.load_index", None)
            followed = index_of(conn, indexes, head)
            monkeypatch.undo()
            fresh = load_index(conn, head)
            leaves = {str(n): s for n, s in enumerate(followed._shapes)}
            assert followed.version == head
            points = vertices_and_midpoints(leaves)
            assert answers(followed, points) == answers(fresh, points)
        assert first.place(113.6071, 34.7061) == before


def test_a_rename_is_read_anew(cluster, tiny_template):
    with cloned(cluster, tiny_template.template) as dsns, connect(dsns.owner) as conn:
        indexes = Indexes(5)
        index_of(conn, indexes, store.resolve_version(conn))
        publish_rename(conn)
        head = store.resolve_version(conn)
        city = index_of(conn, indexes, head)
        assert "新名街道" in {unit.name for unit in city.units.values()}


def publish_rename(conn) -> None:
    old = next(u for u in store.all_units(conn, 1).values() if u.level == "township")
    delta = Delta({old.code: old}, {old.code: replace(old, name="新名街道")})
    publish(conn, delta, FOLLOWERS, Record("test", 1))
    conn.commit()
