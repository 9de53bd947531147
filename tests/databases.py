"""Databases for tests: one private cluster, templates in it, and copies of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from fastapi.testclient import TestClient
from psycopg import sql
from pydantic import SecretStr

from gridgeo import synth
from gridgeo.app import create_app
from gridgeo.cli.demo import Inputs, load_city
from gridgeo.cli.keys import ensure_local_keys
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.settings import Settings

PASSWORDS = new_passwords()
NUMBERS = count(1)


@dataclass(frozen=True)
class City:
    """A loaded template database: its name, what was loaded, and its keys by role."""

    template: str
    made: synth.SynthCity
    keys: dict[str, str]


def city_template(cluster: Cluster, name: str, made: synth.SynthCity, inputs: Inputs) -> City:
    dsns = prepare_database(cluster.dsn, name, PASSWORDS)
    migrate.upgrade(dsns.owner)
    with psycopg.connect(dsns.owner) as conn:
        load_city(conn, made, inputs, lambda text, share=None: None)
    return City(name, made, ensure_local_keys(dsns.app, {}))


def client_on(dsns: Dsns) -> TestClient:
    """The API on a database."""
    settings = Settings(app_dsn=SecretStr(dsns.app[:]), reader_dsn=SecretStr(dsns.reader[:]))
    return TestClient(create_app(settings), raise_server_exceptions=False)


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
