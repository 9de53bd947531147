"""Fixtures that every test may use: a real PostgreSQL with PostGIS, and fresh databases in it.

Without PostgreSQL or PostGIS the tests fail with the command that installs them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from psycopg import sql

from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsn, Dsns

PASSWORDS = new_passwords()
NUMBERS = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private cluster of this test run, gone afterwards."""
    with private_cluster() as private:
        yield private


@pytest.fixture(scope="session")
def template_db(cluster: Cluster) -> str:
    """Name of a migrated, empty database to clone."""
    name = "template_empty"
    dsns = prepare_database(cluster.dsn, name, PASSWORDS)
    migrate.upgrade(dsns.owner)
    return name


@pytest.fixture
def db(cluster: Cluster, template_db: str) -> Iterator[Dsns]:
    """The three roles' connection strings to a fresh, migrated database."""
    with cloned(cluster, template_db) as dsns:
        yield dsns


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """A running cluster in a folder that the server's account may enter, gone afterwards."""
    folder = Path(mkdtemp(prefix="gridgeo-test-"))
    folder.chmod(0o711)
    private = Cluster(folder / "postgres", durable=False)
    try:
        private.start()
        yield private
    finally:
        private.purge()
        folder.rmdir()


@contextmanager
def cloned(cluster: Cluster, template: str) -> Iterator[Dsns]:
    """A copy of a template database, dropped afterwards with whatever is still connected."""
    name = f"test_{next(NUMBERS)}"
    target = sql.Identifier(name)
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER gridgeo_owner STRATEGY {}").format(
                target, sql.Identifier(template), sql.Identifier("file_copy")
            )
        )
        try:
            yield roles_of(cluster.dsn.with_parameters(dbname=name))
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(target))


def roles_of(dsn: Dsn) -> Dsns:
    """Return a database's connection strings by role."""
    return Dsns(*(dsn.with_parameters(user=u, password=PASSWORDS[u]) for u in PASSWORDS))
