"""Fixtures that every test may use: a real PostgreSQL with PostGIS, and fresh databases in it.

Without PostgreSQL or PostGIS the tests fail with the command that installs them.
"""

from collections.abc import Callable, Iterator

import hypothesis
import psycopg
import pytest
from databases import (
    PASSWORDS,
    City,
    city_template,
    client_on,
    cloned,
    private_cluster,
)
from fastapi.testclient import TestClient
from serving import server

from gridgeo import synth
from gridgeo.cli.city_files import read_district
from gridgeo.cli.demo import SEED, Inputs
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.settings import ROOT

hypothesis.settings.register_profile("untimed", deadline=None, max_examples=60)
hypothesis.settings.load_profile("untimed")


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


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    """Profile, categories, channels and kinds of the demo city."""
    return Inputs.read(ROOT / "data")


@pytest.fixture(scope="session")
def tiny_template(cluster: Cluster, template_db: str, inputs: Inputs) -> City:
    """A database with the tiny city as version 1, to clone; and its keys by role."""
    return city_template(cluster, "template_tiny", synth.tiny_city(seed=1), inputs)


@pytest.fixture(scope="session")
def small_template(cluster: Cluster, template_db: str, inputs: Inputs) -> City:
    """A database with the small demo city as version 1, to clone; and its keys by role."""
    outline, divisions = read_district(ROOT / "data", inputs.profile)
    return city_template(cluster, "template_small", synth.city(SEED, outline, divisions), inputs)


@pytest.fixture
def city_db(cluster: Cluster, tiny_template: City) -> Iterator[Dsns]:
    """The three roles' connection strings to a fresh copy of the tiny city."""
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture
def city_conn(city_db: Dsns) -> Iterator[psycopg.Connection]:
    """A connection of the application's role to a fresh copy of the tiny city."""
    with psycopg.connect(city_db.app) as conn:
        yield conn


@pytest.fixture
def client(city_db: Dsns) -> Iterator[TestClient]:
    """The API on a fresh copy of the tiny city; `headers=as_role("planner")` sends a key."""
    with client_on(city_db) as test_client:
        yield test_client


@pytest.fixture(scope="module")
def shared_city_db(cluster: Cluster, tiny_template: City) -> Iterator[Dsns]:
    """One copy of the tiny city for a whole file of tests that leave nothing in it."""
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture(scope="module")
def shared_client(shared_city_db: Dsns) -> Iterator[TestClient]:
    """The API on one copy of the tiny city for a whole file of tests that only read."""
    with client_on(shared_city_db) as test_client:
        yield test_client


@pytest.fixture
def as_role(tiny_template: City) -> Callable[[str], dict[str, str]]:
    """Headers that carry the key of a role."""
    return lambda role: {"Authorization": f"Bearer {tiny_template.keys[role]}"}


@pytest.fixture(scope="session")
def live_server(
    cluster: Cluster, small_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Base URL of a server with two workers on a copy of the small city."""
    folder = tmp_path_factory.mktemp("live-server")
    with cloned(cluster, small_template.template) as dsns, server(dsns, folder) as url:
        yield url
