"""Messy sets load with a repair, whatever their size, or are told problem by problem."""

import csv
import json
from collections import Counter

import numpy as np
import psycopg
import pytest
import shapely
from databases import cloned
from loader import frame_of, loader_on, write
from messy import USUAL, Mess, spoil

from gridgeo.cli.demo import make_city
from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.settings import ROOT
from gridgeo.units import store
from gridgeo.units.model import check_city

LIMITS = "max_gap_m=1.5,max_overlap_m=1.5"


def spoilt_file(units, path, seed=1, mess=USUAL):
    frame = frame_of(units)
    shapes = spoil(frame.geometry.to_numpy(), np.random.default_rng(seed), mess)
    return write(frame.set_geometry(shapes, crs=4326), path), shapes


def loaded(load):
    with psycopg.connect(load.dsn) as conn:
        return store.all_units(conn, 1), store.read_profile(conn)


def assert_loads(load, leaves, folder):
    """Load spoilt leaves with a repair; nobody is lost, nobody moves far, the books balance."""
    file, _ = spoilt_file(leaves, folder / "messy.gpkg")
    ledger = folder / "ledger.csv"
    assert load(file, "--repair", LIMITS, "--ledger", ledger) == 0, load.out[-3000:] + load.err
    units, profile = loaded(load)
    assert check_city(units, profile) == []
    assert {leaf.code for leaf in leaves} == {u.code for u in units.values() if u.is_leaf}
    now = authalic_areas_m2(np.array([units[leaf.code].shape for leaf in leaves], dtype=object))
    before = authalic_areas_m2(np.array([leaf.shape for leaf in leaves], dtype=object))
    assert now.sum() == pytest.approx(before.sum(), rel=1e-3)
    with ledger.open(encoding="utf-8") as stream:
        return Counter(row["kind"] for row in csv.DictReader(stream))


def test_two_thousand_spoilt_polygons_become_a_map(load, small_template, tmp_path):
    kinds = assert_loads(load, small_template.made.leaves, tmp_path)
    assert kinds["gap"] > 2000 and kinds["overlap"] > 2000


@pytest.fixture(scope="module")
def empty_db(cluster, template_db):
    """One database for loads that write nothing."""
    with cloned(cluster, template_db) as dsns:
        yield dsns


@pytest.fixture
def try_load(empty_db, tmp_path, monkeypatch, capsys):
    return loader_on(empty_db, tmp_path, monkeypatch, capsys)


HEAVY = Mess(redrawn=0.8, grown=0.2, shrunk=0.2, bow_tie=0.3, spike=0.3, doubled=0.2, dense=0.3)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(s, marks=pytest.mark.full) for s in range(2, 8))]
)
def test_a_set_with_nothing_sound_in_it_is_repaired(try_load, made, tmp_path, seed):
    file, shapes = spoilt_file(made.leaves, tmp_path / "messy.gpkg", seed, HEAVY)
    assert (~shapely.is_valid(shapes)).any()
    assert try_load(file, "--dry-run", "--report", "json") == 1
    assert {"gap", "overlap", "invalid"} <= set(json.loads(try_load.out)["problems"])
    assert try_load(file, "--repair", LIMITS, "--dry-run") == 0, try_load.out
    assert try_load.is_empty


def test_what_is_too_wide_for_a_repair_is_told_place_by_place(try_load, made, tmp_path):
    wild = Mess(redrawn=0.9, wander_m=30.0)
    file, _ = spoilt_file(made.leaves, tmp_path / "wild.gpkg", 3, wild)
    assert try_load(file, "--repair", "--report", "json") == 1
    report = json.loads(try_load.out)
    assert {"gap", "overlap"} <= set(report["problems"]) and report["repair"]
    assert all(row["lon"] is not None for row in report["details"])
    assert all(row["features"] for row in report["details"] if row["kind"] == "overlap")
    assert try_load.is_empty


@pytest.mark.full
@pytest.mark.parametrize("size", ["zhengzhou", "stress"])
def test_a_whole_spoilt_city_becomes_a_map(load, inputs, tmp_path, size):
    """58,484 and more than 107,000 polygons, of which one in six has a defect."""
    leaves = make_city(size, ROOT / "data", inputs, lambda text, share=None: None).leaves
    kinds = assert_loads(load, leaves, tmp_path)
    assert kinds["gap"] > 50_000 and kinds["overlap"] > 50_000
