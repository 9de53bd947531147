"""Alembic's entry: one connection as the owner, one transaction, our tables only."""

import os
from typing import Any

import psycopg
from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from gridgeo.db.tables import metadata


def _dsn() -> str:
    return context.config.attributes.get("dsn") or os.environ["GRIDGEO_DATABASE_URL"]


def _is_ours(item: Any, name: str | None, kind: str, reflected: bool, twin: Any) -> bool:
    """Leave out PostGIS's own tables and the partitions of ours."""
    if kind == "table" and reflected and twin is None:
        return not _is_foreign(item)
    return bool(alembic_helpers.include_object(item, name, kind, reflected, twin))


def _is_foreign(table: Any) -> bool:
    """Return whether a table belongs to an extension or is a partition."""
    query = (
        "SELECT c.relispartition OR EXISTS (SELECT FROM pg_depend d"
        " WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')"
        " FROM pg_class c WHERE c.oid = to_regclass(%s)"
    )
    raw = context.get_bind().connection.driver_connection
    row = raw.execute(query, (table.fullname,)).fetchone()
    return bool(row and row[0])


def run() -> None:
    """Run the asked-for steps in one transaction."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(_dsn()), poolclass=NullPool
    )
    with engine.begin() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=_is_ours,
            process_revision_directives=alembic_helpers.writer,
            render_item=alembic_helpers.render_item,
            compare_type=True,
            compare_server_default=True,
        )
        context.run_migrations()


run()
