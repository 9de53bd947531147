import hashlib
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gridgeo import app as application
from gridgeo.access.api import name_caller
from gridgeo.access.store import adopt_key, caller_of, create_key, list_keys, revoke_key
from gridgeo.errors import NotFound, Unauthorised, UnknownKeyword


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def test_a_key_names_its_caller_until_it_is_revoked_or_expired(city_conn):
    key = create_key(city_conn, "12345 desk", "dispatcher", datetime.now(UTC) + timedelta(days=1))
    assert (caller_of(city_conn, key).name, caller_of(city_conn, key).role) == (
        "12345 desk", "dispatcher",
    )  # fmt: skip
    assert revoke_key(city_conn, key[:11]) == "12345 desk"
    late = create_key(city_conn, "late", "viewer", datetime.now(UTC) - timedelta(seconds=1))
    for dead in (key, late, "gg_never_made", ""):
        with pytest.raises(Unauthorised):
            caller_of(city_conn, dead)


def test_a_key_is_revoked_once_and_never_echoed_whole(city_conn):
    key = create_key(city_conn, "once", "viewer")
    revoke_key(city_conn, key)
    with pytest.raises(NotFound) as missing:
        revoke_key(city_conn, key)
    assert key[11:] not in str(missing.value) + str(missing.value.value)


def test_a_key_of_another_database_is_let_in_once_and_stays_out_when_revoked(city_conn):
    key = "gg_1a2b3c4d" + "x" * 32
    adopt_key(city_conn, key, "local viewer", "viewer")
    adopt_key(city_conn, key, "local viewer", "viewer")
    assert caller_of(city_conn, key).role == "viewer"
    revoke_key(city_conn, "gg_1a2b3c4d")
    adopt_key(city_conn, key, "local viewer", "viewer")
    with pytest.raises(Unauthorised):
        caller_of(city_conn, key)


def test_an_unknown_role_is_refused_with_the_list_of_roles(city_conn):
    with pytest.raises(UnknownKeyword, match="viewer, dispatcher, planner, analyst, operator"):
        create_key(city_conn, "x", "mayor")


def test_the_database_holds_the_hash_of_a_key_and_never_the_key(city_conn):
    key = create_key(city_conn, "secret", "viewer")
    rows = city_conn.execute("SELECT api_key::text, key_hash FROM api_key").fetchall()
    assert hashlib.sha256(key.encode()).hexdigest() in {row[1] for row in rows}
    assert all(key[11:] not in row[0] for row in rows)
    assert all("key_hash" not in row for row in list_keys(city_conn))


def test_the_reader_role_cannot_read_keys(city_db):
    with psycopg.connect(city_db.reader) as conn:
        assert conn.execute("SELECT count(*) FROM unit").fetchone()[0] > 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("SELECT * FROM api_key")


def test_the_api_lets_a_key_in_by_its_role_until_it_is_revoked(client, city_db, as_role):
    with psycopg.connect(city_db.app) as conn:
        key = create_key(conn, "short-lived", "analyst")
    assert client.get("/events").status_code == 401
    assert client.get("/events").headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/events", headers=as_role("viewer")).status_code == 403
    assert client.get("/events", headers=bearer(key)).status_code == 200
    with psycopg.connect(city_db.app) as conn:
        revoke_key(conn, key)
    refused = client.get("/events", headers=bearer(key))
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorised")


def test_a_dead_key_is_refused_even_where_no_key_is_needed(client):
    assert client.get("/versions").status_code == 200
    assert client.get("/versions", headers=bearer("gg_dead")).status_code == 401


def test_a_scheme_other_than_bearer_is_no_key(client):
    header = {"Authorization": "Basic Z3JpZDpnZW8="}
    assert client.get("/versions", headers=header).status_code == 200
    assert client.get("/events", headers=header).status_code == 401


def dependencies_of(dependant: Dependant):
    yield dependant.call
    for below in dependant.dependencies:
        yield from dependencies_of(below)


def routes_below(router):
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from ((r, [*inherited(route), *deps]) for r, deps in routes_below(inner))
        elif isinstance(route, APIRoute):
            yield route, []


def inherited(included):
    return [depends.dependency for depends in included.include_context.dependencies]


def test_the_caller_is_named_before_every_endpoint(client):
    routes = list(routes_below(client.app.router))
    assert len(routes) >= sum(len(router.routes) for router in application.ROUTERS)
    bare = [
        route.path
        for route, deps in routes
        if route.include_in_schema
        and name_caller not in deps
        and name_caller not in dependencies_of(route.dependant)
    ]
    assert bare == []
