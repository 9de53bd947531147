"""Databases for tests: one private cluster, templates in it, and copies of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp

import psycopg
from fastapi.testclient import TestClient
from psycopg import sql

from gridgeo import synth
from gridgeo.app import create_app
from gridgeo.cli.demo import Inputs, load_city
from gridgeo.cli.keys import ensure_local_keys
from gridgeo.db import migrate, process
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.settings import Secret, Settings

PASSWORDS = new_passwords()
NUMBERS = count(1)
PREFIX, OWNER = "gridgeo-test-", "owner"


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
    settings = Settings(app_dsn=Secret(dsns.app[:]), reader_dsn=Secret(dsns.reader[:]))
    return TestClient(create_app(settings), raise_server_exceptions=False)


@contextmanager
def private_cluster(durable: bool = False) -> Iterator[Cluster]:
    """A running cluster in a folder that the server's account may enter, gone afterwards."""
    sweep(Path(gettempdir()))
    folder = Path(mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)
    (folder / OWNER).write_text(f"{os.getpid()}\n{process.identity(os.getpid())}")
    private = Cluster(folder / "postgres", durable=durable)
    try:
        private.start()
        yield private
    finally:
        private.purge()
        rmtree(folder)


def sweep(temporary: Path) -> None:
    """Clear away the clusters of test runs that were killed; those of living ones stay."""
    for owner in temporary.glob(f"{PREFIX}*/{OWNER}"):
        pid, _, identity = owner.read_text().partition("\n")
        if identity and process.identity(int(pid)) != identity:
            Cluster(owner.parent / "postgres").purge()
            rmtree(owner.parent, ignore_errors=True)


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
