"""`gridgeo keys`: who may write; a key is shown once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from gridgeo.access.model import ROLES, Role
from gridgeo.access.store import adopt_key, create_key, list_keys, revoke_key
from gridgeo.cli.local import Local
from gridgeo.cli.tables import folding_table
from gridgeo.settings import load_settings

app = typer.Typer(
    help="Make, list and revoke keys.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


def ensure_local_keys(app_dsn: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return a key for each role, for use on this machine: those known, made where missing."""
    with psycopg.connect(app_dsn) as conn:
        return {role: _local_key(conn, role, known.get(role)) for role in ROLES}


def _local_key(conn: psycopg.Connection, role: Role, known: str | None) -> str:
    name = f"local {role}"
    if known is None:
        return create_key(conn, name, role)
    adopt_key(conn, known, name, role)
    return known


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for; no person's name.")],
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")],
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
) -> None:
    """Make a key and print it; it cannot be shown again.

    Example: `gridgeo keys create "12345 desk" --role dispatcher --days 365`
    """
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with _connect() as conn:
        key = create_key(conn, name, role, expires_at)
    typer.echo(key)


@app.command("list")
def list_() -> None:
    """List all keys without their secrets. Example: `gridgeo keys list`."""
    table = folding_table("prefix", "name", "role", "created", "expires", "revoked")
    with _connect() as conn:
        for row in list_keys(conn):
            dates = (row["created_at"], row["expires_at"], row["revoked_at"])
            shown = [f"{date:%Y-%m-%d}" if date else "" for date in dates]
            table.add_row(f"gg_{row['prefix']}", row["name"], row["role"], *shown)
    Console().print(table)


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="The key's first characters, as `list` shows.")],
) -> None:
    """Revoke a key at once. Example: `gridgeo keys revoke gg_1a2b3c4d`."""
    with _connect() as conn:
        name = revoke_key(conn, prefix)
    typer.echo(f"revoked {name!r}")


def _connect() -> psycopg.Connection:
    return psycopg.connect(Local.need(load_settings().local_file).dsn.app)
