from datetime import timedelta

import psycopg
import pytest

from gridgeo.errors import BadInput, NotFound, Unavailable
from gridgeo.units import store


def test_without_at_the_live_version_answers(city_conn):
    assert store.resolve_version(city_conn).version == 1


def test_at_takes_a_number_or_an_instant(city_conn, move, put):
    put(move())
    city_conn.commit()
    first, second = (store.resolve_version(city_conn, str(n)) for n in (1, 2))
    assert (first.version, second.version) == (1, 2)
    just_before = second.valid_from - timedelta(microseconds=1)
    assert store.resolve_version(city_conn, just_before.isoformat()).version == 1
    assert store.resolve_version(city_conn, second.valid_from.isoformat()).version == 2


@pytest.mark.parametrize("at", ["yesterday", "2026-01-01T00:00:00", "", "1.5", "-1"])
def test_an_at_that_is_neither_number_nor_instant_is_refused(city_conn, at):
    with pytest.raises(BadInput) as refused:
        store.resolve_version(city_conn, at)
    assert refused.value.key == "at"


@pytest.mark.parametrize("at", ["9", "0", "1999-01-01T00:00:00Z"])
def test_a_version_that_never_was_is_not_found(city_conn, at):
    with pytest.raises(NotFound, match="no map version"):
        store.resolve_version(city_conn, at)


def test_an_empty_database_has_no_map(db):

    with psycopg.connect(db.app) as conn, pytest.raises(Unavailable, match="gridgeo up"):
        store.resolve_version(conn)
