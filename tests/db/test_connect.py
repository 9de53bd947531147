from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import (
    ROLES,
    DatabaseError,
    pool,
    prepare_database,
    read_transaction,
    write_transaction,
)
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.settings import Settings
from tests.conftest import PASSWORDS


@pytest.fixture
def dsns(cluster: Cluster) -> Iterator[Dsns]:
    """A prepared database with one table of the owner's."""
    made = prepare_database(cluster.dsn, "prepared", PASSWORDS)
    with psycopg.connect(made.owner) as conn:
        conn.execute("CREATE TABLE thing (id integer GENERATED ALWAYS AS IDENTITY, n integer)")
        conn.execute("INSERT INTO thing (n) VALUES (1)")
    yield made
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute("DROP DATABASE prepared WITH (FORCE)")


@pytest.fixture
def given(cluster: Cluster) -> Iterator[Dsn]:
    """An empty database such as GRIDGEO_DATABASE_URL names, and its superuser."""
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE given")
        yield cluster.dsn.with_parameters(dbname="given")
        admin.execute("DROP DATABASE given WITH (FORCE)")


def value(dsn: str, query: str) -> Any:
    with psycopg.connect(dsn) as conn:
        row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_each_role_logs_in_as_itself(dsns: Dsns) -> None:
    found = [value(dsn, "SELECT current_user") for dsn in (dsns.owner, dsns.app, dsns.reader)]
    assert tuple(found) == ROLES


def test_prepare_twice_changes_nothing(cluster: Cluster, dsns: Dsns) -> None:
    assert prepare_database(cluster.dsn, "prepared", PASSWORDS) == dsns
    assert value(dsns.app, "SELECT n FROM thing") == 1


def test_no_role_may_do_what_a_superuser_may(dsns: Dsns) -> None:
    query = (
        "SELECT count(*) FROM pg_roles WHERE rolname ^@ 'gridgeo_' AND rolname <> 'gridgeo_admin'"
        " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)"
    )
    assert value(dsns.reader, query) == 0


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (n integer)", "DROP TABLE thing", "TRUNCATE thing",
     "ALTER TABLE thing ADD COLUMN m integer", "CREATE SCHEMA mine"],
)  # fmt: skip
@pytest.mark.parametrize("role", ["app", "reader"])
def test_only_the_owner_changes_tables(dsns: Dsns, role: str, statement: str) -> None:
    with (
        psycopg.connect(getattr(dsns, role)) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(statement.encode())


def test_app_writes_rows_and_reader_only_reads_them(dsns: Dsns) -> None:
    with psycopg.connect(dsns.app) as conn:
        conn.execute("INSERT INTO thing (n) VALUES (2)")
    assert value(dsns.reader, "SELECT sum(n) FROM thing") == 3
    for statement in (b"INSERT INTO thing (n) VALUES (3)", b"DELETE FROM thing"):
        with (
            psycopg.connect(dsns.reader) as conn,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            conn.execute(statement)


def test_pool_sets_the_limits_of_the_settings(dsns: Dsns) -> None:
    settings = Settings(statement_timeout_ms=1234, lock_timeout_ms=567)
    with pool(dsns.app, settings) as source, source.connection() as conn:
        rows = [conn.execute(f"SHOW {name}".encode()).fetchone() for name in (
            "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
            "application_name")]  # fmt: skip
    assert rows == [("1234ms",), ("567ms",), ("10s",), ("gridgeo",)]


def test_pool_replaces_connections_that_the_server_ended(cluster: Cluster, dsns: Dsns) -> None:
    with pool(dsns.app, Settings(pool_min_size=1)) as source:
        with source.connection() as conn:
            pid = conn.info.backend_pid
        assert value(cluster.dsn, f"SELECT pg_terminate_backend({pid}, 5000)") is True
        with read_transaction(source) as conn:
            assert conn.execute("SELECT n FROM thing").fetchone() == (1,)


def test_read_transaction_sees_one_instant_and_refuses_writes(dsns: Dsns) -> None:
    with pool(dsns.app, Settings()) as source:
        with read_transaction(source) as reading:
            before = reading.execute("SELECT count(*) FROM thing").fetchone()
            with write_transaction(source) as writing:
                writing.execute("INSERT INTO thing (n) VALUES (2)")
            assert reading.execute("SELECT count(*) FROM thing").fetchone() == before
        with (
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
            read_transaction(source) as reading,
        ):
            reading.execute("DELETE FROM thing")


def test_write_transaction_takes_all_back_after_an_error(dsns: Dsns) -> None:
    with pool(dsns.app, Settings()) as source:
        with pytest.raises(ZeroDivisionError), write_transaction(source) as conn:
            conn.execute("DELETE FROM thing")
            _ = 1 / 0
        with read_transaction(source) as conn:
            assert conn.execute("SELECT count(*) FROM thing").fetchone() == (1,)


def test_given_database_gets_roles_extensions_and_dsns(given: Dsn) -> None:
    made = prepare_database(given)
    assert prepare_database(given) == made
    assert value(made.owner, "SELECT current_user") == "gridgeo_owner"
    with psycopg.connect(made.owner) as conn:
        conn.execute("CREATE TABLE thing AS SELECT 1 AS n")
    assert value(made.reader, "SELECT n FROM thing") == 1
    assert value(made.app, "SELECT postgis_lib_version()") >= "3.3"
    with (
        psycopg.connect(made.app) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute("DROP TABLE thing")


def test_given_database_without_rights_is_told_the_sql_that_helps(
    cluster: Cluster, given: Dsn
) -> None:
    with psycopg.connect(given, autocommit=True) as admin:
        admin.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        try:
            guest = given.with_parameters(user="guest", password="guest")
            with pytest.raises(
                DatabaseError, match=r'(?s)GRANT "gridgeo_owner" TO "guest".*postgis'
            ):
                prepare_database(guest)
        finally:
            admin.execute(sql.SQL("DROP ROLE guest"))


def test_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1/none") as caught:
        prepare_database("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
