import re
from pathlib import Path

import psycopg

from gridgeo.db import migrate
from gridgeo.db.dsn import Dsns
from gridgeo.settings import ROOT

VERSIONS = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))


def tables(dsns: Dsns) -> int:
    query = (
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relowner = 'gridgeo_owner'::regrole AND relname <> 'alembic_version'"
    )
    with psycopg.connect(dsns.reader) as conn:
        row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_revisions_are_numbered_and_named_by_what_they_do() -> None:
    assert VERSIONS
    assert all(re.fullmatch(r"\d{4}_[a-z]+_[a-z0-9_]+\.py", name) for name in VERSIONS)
    assert [int(name[:4]) for name in VERSIONS] == list(range(1, len(VERSIONS) + 1))


def test_migrated_database_is_at_head_and_as_the_tables_say(db: Dsns) -> None:
    assert migrate.current(db.owner) == migrate.head() == Path(VERSIONS[-1]).name[:4]
    migrate.drift(db.owner)


def test_downgrade_leaves_nothing_and_upgrade_brings_all_back(db: Dsns) -> None:
    before = tables(db)
    migrate.downgrade(db.owner)
    assert tables(db) == 0
    assert migrate.current(db.owner) is None
    migrate.upgrade(db.owner)
    assert tables(db) == before
    migrate.drift(db.owner)


def test_a_loaded_city_has_no_drift_and_can_be_taken_down_and_up(city_db: Dsns) -> None:
    migrate.drift(city_db.owner)
    migrate.downgrade(city_db.owner)
    assert tables(city_db) == 0
    migrate.upgrade(city_db.owner)
    migrate.drift(city_db.owner)
