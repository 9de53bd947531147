"""Keys: made once, shown once, kept as hashes."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from gridgeo.access.model import ROLES, Caller
from gridgeo.db.sql import statement
from gridgeo.errors import NotFound, Unauthorised, UnknownKeyword

INSERT_KEY = statement(__package__, "insert_key")
ADOPT_KEY = statement(__package__, "adopt_key")
LIVE_KEY = statement(__package__, "live_key")
LIST_KEYS = statement(__package__, "list_keys")
REVOKE_KEY = statement(__package__, "revoke_key")


def create_key(
    conn: Connection[Any], name: str, role: str, expires_at: datetime | None = None
) -> str:
    """Create a key and return it; it cannot be read again.

    A key is 'gg_' + 8 characters that name it + 32 random characters (192 bits), so a plain SHA-256
    is enough to keep it by.
    """
    key = f"gg_{secrets.token_hex(4)}{secrets.token_urlsafe(24)}"
    _insert(conn, INSERT_KEY, key, name, role, expires_at)
    return key


def adopt_key(conn: Connection[Any], key: str, name: str, role: str) -> None:
    """Let a key made for another database of this machine in; one known here stays as it is."""
    _insert(conn, ADOPT_KEY, key, name, role, None)


def _insert(
    conn: Connection[Any], query: bytes, key: str, name: str, role: str, expires_at: datetime | None
) -> None:
    if role not in ROLES:
        raise UnknownKeyword(
            f"Unknown role {role!r}; the roles are {', '.join(ROLES)}.", key="role", value=role
        )
    prefix = key.removeprefix("gg_")[:8]
    row = {"name": name, "role": role, "prefix": prefix, "key_hash": _hash(key)}
    conn.execute(query, {**row, "expires_at": expires_at})


def caller_of(conn: Connection[Any], key: str) -> Caller:
    """Return who a key belongs to; raises `Unauthorised` when it is unknown, expired or revoked."""
    with conn.cursor(row_factory=class_row(Caller)) as cursor:
        caller = cursor.execute(LIVE_KEY, {"key_hash": _hash(key)}).fetchone()
    if caller is None:
        raise Unauthorised("The key is unknown, expired or revoked; ask the operator for a new one")
    return caller


def list_keys(conn: Connection[Any]) -> list[dict[str, Any]]:
    """Return all keys, oldest first, without their secrets."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_KEYS).fetchall()


def revoke_key(conn: Connection[Any], prefix: str) -> str:
    """Revoke a live key by its prefix and return its name; raises `NotFound`."""
    prefix = prefix.removeprefix("gg_")[:8]
    row = conn.execute(REVOKE_KEY, {"prefix": prefix}).fetchone()
    if row is None:
        raise NotFound(f"No live key starts with 'gg_{prefix}'.", key="prefix", value=prefix)
    return str(row[0])


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
