"""The city in memory follows a publication by a patch, and equals the city read anew."""

from databases import cloned
from following import publish_move, publish_rename
from psycopg import connect
from twins import vertices_and_midpoints

from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import Indexes, index_of, load_index
from gridgeo.units import store


def answers(city: CityIndex, points: list[tuple[float, float]]) -> list[object]:
    owners = city.index.locate(*zip(*points, strict=True)).tolist()
    return [owners, [city.place(*point) for point in points[::97]]]


def require_equal(followed: CityIndex, fresh: CityIndex) -> None:
    leaves = {str(n): s for n, s in followed.leaves.items()}
    points = vertices_and_midpoints(leaves)
    assert answers(followed, points) == answers(fresh, points)
    assert dict(followed.units) == dict(fresh.units)
    assert sorted(followed.leaves) == sorted(fresh.leaves)
    assert followed.bounds == fresh.bounds


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
            assert followed.version == head
            require_equal(followed, load_index(conn, head))
        assert first.place(113.6071, 34.7061) == before


def test_a_rename_is_followed_without_reading_the_city_anew(cluster, tiny_template, monkeypatch):
    with cloned(cluster, tiny_template.template) as dsns, connect(dsns.owner) as conn:
        indexes = Indexes(5)
        index_of(conn, indexes, store.resolve_version(conn))
        publish_rename(conn, "新名街道")
        head = store.resolve_version(conn)
        monkeypatch.setattr("gridgeo.locate.store.load_index", None)
        city = index_of(conn, indexes, head)
        monkeypatch.undo()
        assert "新名街道" in {unit.name for unit in city.units.values()}
        require_equal(city, load_index(conn, head))
