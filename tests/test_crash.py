"""Killed half-way: after a restart the city is whole, old or new, never in between."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest
from databases import NUMBERS, PASSWORDS, private_cluster, roles_of
from psycopg import sql
from twins import ExactTwin

from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.settings import ROOT
from gridgeo.units import store
from gridgeo.units.model import check_city

DATA = str(ROOT / "data")

LOAD = """
import sys, pathlib, psycopg
from gridgeo import synth
from gridgeo.cli.demo import Inputs, load_city
with psycopg.connect(sys.argv[1]) as conn:
    inputs = Inputs.read(pathlib.Path(sys.argv[2]))
    load_city(conn, synth.tiny_city(1), inputs, lambda text, share=None: print(text, flush=True))
"""

PUBLISH = """
import sys, psycopg, shapely
from gridgeo.app import FOLLOWERS
from gridgeo.plans import steps
from gridgeo.plans import store as plans
from gridgeo.units import store as units
conn = psycopg.connect(sys.argv[1])
root = units.root_unit(conn, 1)
inside = root.shape.buffer(-0.002)
leaves = [u.shape for u in units.all_units(conn, 1).values() if u.is_leaf]
points = {tuple(p) for leaf in leaves for p in shapely.get_coordinates(leaf).tolist()}
at = min(p for p in points if inside.contains(shapely.Point(p)))
print("ready", flush=True)
for number in range(1000):
    to = (at[0] + (0.00002 if number % 2 == 0 else -0.00002), at[1])
    plan = plans.create_plan(conn, "move", None, "test").plan_id
    plans.add_edit(conn, plan, "move_vertex", {"at": list(at), "to": list(to)}, "test")
    for step in ("submit", "approve"):
        steps.take_step(conn, plan, step, "test")
    steps.publish_plan(conn, plan, FOLLOWERS, "test")
    conn.commit()
    print(number, flush=True)
    at = to
"""


@pytest.fixture(scope="module")
def durable() -> Iterator[Cluster]:
    """A cluster that really writes to disk, since it will be killed."""
    with private_cluster(durable=True) as private:
        yield private


@pytest.fixture(scope="module")
def empty(durable: Cluster) -> str:
    """Name of a migrated, empty database to clone."""
    migrate.upgrade(prepare_database(durable.dsn, "empty", PASSWORDS).owner)
    return "empty"


@pytest.fixture(scope="module")
def loaded(durable: Cluster) -> str:
    """Name of a database with a tiny city to clone."""
    dsns = prepare_database(durable.dsn, "loaded", PASSWORDS)
    migrate.upgrade(dsns.owner)
    run(LOAD, dsns.owner[:], DATA).communicate(timeout=60)
    return "loaded"


def copied(cluster: Cluster, template: str) -> Dsns:
    """A copy of a database; no connection stays open that the kill would break."""
    name = sql.Identifier(f"{template}_{next(NUMBERS)}")
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER gridgeo_owner").format(
                name, sql.Identifier(template)
            )
        )
    return roles_of(cluster.dsn.with_parameters(dbname=name.as_string().strip('"')))


def run(script: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def kill_both(process: "subprocess.Popen[str]", cluster: Cluster) -> None:
    """`kill -9` the program and its database at the same moment, and start the database again."""
    postmaster = cluster.postmaster_pid
    assert postmaster is not None
    process.kill()
    os.kill(postmaster, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    cluster.start()


def wait_for(process: "subprocess.Popen[str]", beginning: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(beginning):
            return
    raise AssertionError(f"the program ended before it said {beginning!r}")


def counts(conn: psycopg.Connection) -> dict[str, int]:
    tables = ("map_version", "unit", "unit_shape", "party", "device", "building", "place")
    return {t: conn.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


@pytest.mark.parametrize(
    "step", ["checking", pytest.param("loading parties", marks=pytest.mark.full), "loading places"]
)
def test_killed_while_loading_leaves_nothing_or_everything(durable, empty, step):
    dsns = copied(durable, empty)
    loader = run(LOAD, dsns.owner[:], DATA)
    wait_for(loader, step)
    kill_both(loader, durable)
    with psycopg.connect(dsns.owner) as conn:
        left = counts(conn)
    run(LOAD, dsns.owner[:], DATA).communicate(timeout=60)
    with psycopg.connect(dsns.owner) as conn:
        whole = counts(conn)
        assert check_city(store.all_units(conn, 1), store.read_profile(conn)) == []
    assert 0 not in whole.values()
    assert left in (dict.fromkeys(whole, 0), whole)


@pytest.mark.parametrize("delay_s", [0.0, pytest.param(0.013, marks=pytest.mark.full), 0.04])
def test_killed_while_publishing_leaves_a_whole_version(durable, loaded, delay_s):
    dsns = copied(durable, loaded)
    publisher = run(PUBLISH, dsns.app[:])
    wait_for(publisher, "3")
    time.sleep(delay_s)
    kill_both(publisher, durable)
    with psycopg.connect(dsns.owner) as conn:
        head = store.head_version(conn).version
        assert head >= 5
        for version in (1, head - 1, head):
            units = store.all_units(conn, version)
            assert check_city(units, store.read_profile(conn)) == []
        assert homes_are_right(conn, head)
        published = conn.execute("SELECT max(published_version) FROM plan").fetchone()[0]
        assert published == head


def homes_are_right(conn: psycopg.Connection, version: int) -> bool:
    units = store.all_units(conn, version)
    twin = ExactTwin({unit.code: unit.shape for unit in units.values() if unit.is_leaf})
    rows = conn.execute(
        "SELECT ST_X(d.geom), ST_Y(d.geom), u.code FROM device d JOIN unit u USING (unit_id) "
        "WHERE u.versions @> %s::int",
        (version,),
    ).fetchall()
    return twin.owners([(lon, lat) for lon, lat, _ in rows]) == [code for _, _, code in rows]
