from dataclasses import replace

import psycopg
import pytest
import shapely

from gridgeo.errors import Refused, VersionConflict
from gridgeo.geometry.delta import Delta
from gridgeo.units import store
from gridgeo.units.model import check_city
from gridgeo.units.publish import Record, publish


def everything(conn):
    """All rows that a publication may write, as text."""
    tables = ("map_version", "unit", "unit_shape", "unit_code", "unit_lineage", "exclusive_grid")
    return [conn.execute(f"SELECT t::text FROM {t} t ORDER BY 1").fetchall() for t in tables]


def same(before, after):
    return {code: (u.attributes, u.shape.wkb) for code, u in before.items()} == {
        code: (u.attributes, u.shape.wkb) for code, u in after.items()
    }


def test_a_new_city_is_version_1_and_whole(city_conn, tiny_template):
    head = store.head_version(city_conn)
    units = store.all_units(city_conn, 1)
    assert (head.version, head.synthetic) == (1, True)
    assert {u.code: u.shape for u in tiny_template.made.units} == {
        code: unit.shape for code, unit in units.items()
    }
    assert check_city(units, store.read_profile(city_conn)) == []


def test_a_first_city_with_a_gap_is_refused(db, tiny_template, inputs):
    from_city = {unit.code: unit for unit in city_units_without_one_leaf(tiny_template.made)}
    with psycopg.connect(db.app) as conn:
        store.put_profile(conn, inputs.profile)
        with pytest.raises(Refused) as refused:
            publish(conn, Delta(new=from_city), [], Record("test", base=0))
        assert {row["kind"] for row in refused.value.problems} >= {"gap"}
        assert store.head_version(conn) is None


def city_units_without_one_leaf(made):
    from gridgeo.cli.demo import city_units

    units = city_units(made)
    gone = next(unit.code for unit in reversed(units) if unit.is_leaf)
    return [unit for unit in units if unit.code != gone]


def test_publishing_an_edit_makes_the_next_version_and_keeps_the_old(city_conn, move, put):
    before = store.all_units(city_conn, 1)
    delta = move()
    minted = put(delta)
    after = store.all_units(city_conn, 2)
    assert minted.version == 2
    assert same(before, store.all_units(city_conn, 1))
    assert same(delta.apply(before), after)
    assert check_city(after, store.read_profile(city_conn)) == []


def test_publishing_the_inverse_restores_every_shape_to_the_bit(city_conn, move, put):
    before = store.all_units(city_conn, 1)
    delta = move()
    put(delta)
    put(~delta)
    assert same(before, store.all_units(city_conn, 3))


def test_only_what_changed_is_written(city_conn, move, put):
    delta = move()
    put(delta)
    shapes = city_conn.execute("SELECT count(*) FROM unit_shape WHERE lower(versions) = 2")
    units = city_conn.execute("SELECT count(*) FROM unit WHERE lower(versions) = 2")
    assert shapes.fetchone()[0] == len(delta.new)
    assert units.fetchone()[0] == 0


def test_a_rename_does_not_copy_the_shape(city_conn, put):
    units = store.all_units(city_conn, 1)
    old = next(unit for unit in units.values() if unit.level == "township")
    put(Delta({old.code: old}, {old.code: replace(old, name="新名街道")}))
    assert store.all_units(city_conn, 2)[old.code].name == "新名街道"
    assert store.all_units(city_conn, 1)[old.code].name == old.name
    rows = city_conn.execute("SELECT count(*) FROM unit_shape WHERE lower(versions) = 2")
    assert rows.fetchone()[0] == 0


def test_lineage_shares_of_each_old_leaf_sum_to_one(city_conn, move, put):
    put(move())
    rows = store.lineage_of_version(city_conn, 2)
    shares = {}
    for row in rows:
        shares[row["from_code"]] = shares.get(row["from_code"], 0.0) + row["area_share"]
    assert len(shares) >= 2
    assert all(share == pytest.approx(1.0, abs=1e-9) for share in shares.values())
    assert any(row["from_code"] != row["to_code"] for row in rows)


def test_a_change_drawn_on_an_older_version_is_refused(city_conn, move, put):
    late = move(number=5)
    put(move())
    before = everything(city_conn)
    with pytest.raises(VersionConflict, match=r"version 2.*version 1"):
        put(late, base=1)
    assert everything(city_conn) == before


def test_a_change_of_a_unit_that_is_no_longer_so_is_refused(city_conn, move, put):
    late = move()
    put(late)
    with pytest.raises(VersionConflict, match="no longer"):
        put(late)


def test_publish_is_refused_while_a_gap_remains(city_conn, put):
    units = store.all_units(city_conn, 1)
    old = next(unit for unit in units.values() if unit.is_leaf)
    ring = shapely.get_coordinates(old.shape).tolist()
    smaller = replace(old, shape=shapely.Polygon(ring[:3] + ring[4:]))
    with pytest.raises(Refused) as refused, city_conn.transaction():
        put(Delta({old.code: old}, {old.code: smaller}))
    assert refused.value.problems
    assert store.head_version(city_conn).version == 1


def test_the_outline_of_the_city_does_not_move(city_conn, put):
    root = store.root_unit(city_conn, 1)
    west, south, east, north = root.shape.bounds
    smaller = replace(root, shape=shapely.box(west, south, east, round(north - 0.0001, 7)))
    with pytest.raises(Refused) as refused, city_conn.transaction():
        put(Delta({root.code: root}, {root.code: smaller}))
    assert "outside_parent" in {row["kind"] for row in refused.value.problems}


def test_a_code_that_does_not_fit_its_level_is_refused(city_conn, put):
    units = store.all_units(city_conn, 1)
    old = next(unit for unit in units.values() if unit.level == "micro_grid")
    with pytest.raises(Refused, match="does not fit"), city_conn.transaction():
        put(Delta({old.code: old}, {"42": replace(old, code="42")}))


def test_a_follower_that_fails_leaves_nothing_behind(city_conn, move, put):
    def failing(conn, publication):
        raise RuntimeError("the follower fails")

    before = everything(city_conn)
    with pytest.raises(RuntimeError), city_conn.transaction():
        put(move(), followers=[failing])
    assert everything(city_conn) == before


def test_followers_learn_the_box_that_the_change_touches(city_conn, move, put):
    seen = []
    delta = move()
    put(delta, followers=[lambda conn, publication: seen.append(publication)])
    west, south, east, north = seen[0].box
    moved = [delta.old[c].shape ^ unit.shape for c, unit in delta.new.items() if unit.is_leaf]
    assert moved
    assert all(shapely.box(west, south, east, north).covers(ground) for ground in moved)


def test_of_two_publications_at_once_one_wins(city_db, city_conn, move, put):
    first, second = move(number=0), move(number=9)
    with psycopg.connect(city_db.app) as rival:
        put(first)
        rival.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            put(second, conn=rival)
        rival.rollback()
        city_conn.commit()
        with pytest.raises(VersionConflict):
            put(second, base=1, conn=rival)
    assert store.head_version(city_conn).version == 2


def test_workers_are_told_at_commit_and_not_before(city_db, city_conn, move, put):
    with psycopg.connect(city_db.reader, autocommit=True) as listener:
        listener.execute("LISTEN gridgeo_map")
        put(move())
        assert list(listener.notifies(timeout=0.2)) == []
        city_conn.commit()
        heard = next(listener.notifies(timeout=5))
        assert (heard.channel, heard.payload) == ("gridgeo_map", "2")
