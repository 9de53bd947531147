"""The database's three roles, its extensions, and the ways to talk to it.

`gridgeo_owner` owns the tables and runs migrations; `gridgeo_app` reads and writes rows;
`gridgeo_reader` only reads. In our own cluster they log in with passwords of their own. In a
database given by `GRIDGEO_DATABASE_URL` they are roles without login, and its user becomes one of
them at connection (`options=-c role=...`).
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import Connection, IsolationLevel, sql
from psycopg_pool import ConnectionPool

from gridgeo.db.binaries import OLDEST, install_command
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.errors import Unavailable

if TYPE_CHECKING:
    from gridgeo.settings import Settings

OWNER, APP, READER = ROLES = ("gridgeo_owner", "gridgeo_app", "gridgeo_reader")
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")
OLDEST_POSTGIS = (3, 3)

PATIENCE = "10min"
BE_PATIENT = """
    SELECT set_config('idle_in_transaction_session_timeout', given, true),
           set_config('statement_timeout', given, true)
    FROM (SELECT %s AS given) asked
"""


class DatabaseError(Unavailable):
    """The database does not fit or lacks rights; the text says what to do next."""

    code = "database"


def new_passwords() -> dict[str, str]:
    """Return a random password for each of the three roles."""
    return {role: secrets.token_urlsafe(24) for role in ROLES}


def prepare_database(
    admin_dsn: str, name: str = "gridgeo", passwords: Mapping[str, str] | None = None
) -> Dsns:
    """Make sure that roles, database, extensions and rights are there; return the roles' DSNs.

    Parameters
    ----------
    admin_dsn : str
        With `passwords`: the superuser of our own cluster. Without: a user of the given database.
    name : str
        Database to make in our own cluster; a given database keeps its own name.
    passwords : mapping of str to str, optional
        Password by role; the roles then log in themselves.

    Raises
    ------
    DatabaseError
        If the server is older than PostgreSQL 15 or PostGIS 3.3, or the user of a given database
        may not do what is missing; the text holds the SQL for its administrator.
    """
    admin = Dsn.parse(admin_dsn)
    if passwords is None:
        return _adopt(admin)
    with psycopg.connect(admin, autocommit=True) as conn:
        for role in ROLES:
            _ensure_login(conn, role, passwords[role])
        _ensure_database(conn, name)
    own = admin.with_parameters(dbname=name)
    with psycopg.connect(own) as conn:
        _ensure_extensions(conn)
        _grant(conn)
    return Dsns(*(own.with_parameters(user=r, password=passwords[r]) for r in ROLES))


def pool(dsn: str, settings: "Settings", application_name: str = "gridgeo") -> ConnectionPool:
    """Return a pool with the settings' limits, not open yet: enter it or call `open()`.

    A connection is checked before it is lent, so that a restart of the server costs no request.
    """
    limited = Dsn.parse(dsn).with_settings(
        statement_timeout=settings.statement_timeout_ms,
        lock_timeout=settings.lock_timeout_ms,
        idle_in_transaction_session_timeout=settings.idle_in_transaction_timeout_ms,
    )
    return ConnectionPool(
        limited,
        min_size=settings.pool_min_size,
        max_size=max(settings.pool_min_size, settings.pool_max_size),
        timeout=settings.pool_timeout_s,
        kwargs={"application_name": application_name},
        check=ConnectionPool.check_connection,
        name=application_name,
        open=False,
    )


@contextmanager
def read_transaction(source: ConnectionPool) -> Iterator[Connection[Any]]:
    """Lend a connection whose statements all see one instant and may not write."""
    with source.connection() as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        yield conn


@contextmanager
def patient_read_transaction(source: ConnectionPool) -> Iterator[Connection[Any]]:
    """Lend the same to a thread that computes between its statements, however busy the machine."""
    with read_transaction(source) as conn:
        conn.execute(BE_PATIENT, (PATIENCE,))
        yield conn


@contextmanager
def write_transaction(source: ConnectionPool) -> Iterator[Connection[Any]]:
    """Lend a connection whose statements all take effect at the end, or none after an error."""
    with source.connection() as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.READ_COMMITTED, False
        yield conn


# --- our own cluster -------------------------------------------------------------------------


def _ensure_login(conn: Connection[Any], role: str, password: str) -> None:
    """Make the role log in with this password; the server and its log see only the SCRAM hash."""
    if not _has(conn, "SELECT FROM pg_roles WHERE rolname = %s", role):
        conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    hashed = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    conn.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(hashed.decode())
        )
    )


def _ensure_database(conn: Connection[Any], name: str) -> None:
    if not _has(conn, "SELECT FROM pg_database WHERE datname = %s", name):
        conn.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )


def _ensure_extensions(conn: Connection[Any]) -> None:
    for extension in _missing_extensions(conn):
        conn.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))


def _grant(conn: Connection[Any]) -> None:
    """Give each role its rights, also on the tables that the owner will make later."""
    for command in _grants(conn.info.dbname):
        conn.execute(command)


def _grants(database: str) -> list[sql.Composed]:
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "reader": sql.Identifier(READER),
    }
    later = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT "
    commands = (
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {owner}, {app}, {reader}",
        "GRANT CREATE ON DATABASE {database} TO {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {owner}, {app}, {reader}",
        "GRANT CREATE ON SCHEMA public TO {owner}",
        later + "SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        later + "USAGE, SELECT ON SEQUENCES TO {app}",
        later + "SELECT ON TABLES TO {reader}",
    )
    return [sql.SQL(command).format(**names) for command in commands]


# --- a given database ------------------------------------------------------------------------


def _adopt(given: Dsn) -> Dsns:
    with _connected(given) as conn:
        if conn.info.server_version < OLDEST * 10000:
            major = conn.info.server_version // 10000
            raise DatabaseError(f"PostgreSQL {major} is too old: {OLDEST} or later is needed")
        lacking = _lacking(conn)
        try:
            with conn.transaction():
                for command in lacking:
                    conn.execute(command)
        except psycopg.Error as error:
            raise _not_allowed(conn, lacking, error) from None
        _check_postgis(conn)
    return Dsns(*(given.with_settings(role=role) for role in ROLES))


def _connected(given: Dsn) -> Connection[Any]:
    try:
        return psycopg.connect(given, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseError(f"cannot connect to {given}: {error}", key="database_url") from None


def _lacking(conn: Connection[Any]) -> list[sql.Composed]:
    """Return the commands that a given database still needs, in order; none the second time."""
    commands = []
    for role in ROLES:
        name = sql.Identifier(role)
        if not _has(conn, "SELECT FROM pg_roles WHERE rolname = %s", role):
            commands.append(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
            commands.append(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        elif not _has(conn, "SELECT WHERE pg_has_role(%s, 'MEMBER')", role):
            commands.append(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
    commands += [
        sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension))
        for extension in _missing_extensions(conn)
    ]
    return commands if not commands and _is_granted(conn) else commands + _grants(conn.info.dbname)


def _is_granted(conn: Connection[Any]) -> bool:
    return _has(
        conn,
        "SELECT FROM pg_default_acl WHERE defaclrole = %s::regrole"
        " AND defaclnamespace = 'public'::regnamespace AND defaclobjtype = 'S'",
        OWNER,
    )


def _not_allowed(
    conn: Connection[Any], commands: list[sql.Composed], error: psycopg.Error
) -> DatabaseError:
    text = ";\n  ".join(command.as_string(conn) for command in commands)
    text = text.replace("CURRENT_USER", sql.Identifier(conn.info.user).as_string(conn))
    return DatabaseError(
        f"{str(error).strip()}. User {conn.info.user} may not prepare database "
        f"{conn.info.dbname}; let an administrator run there:\n  {text};"
    )


def _check_postgis(conn: Connection[Any]) -> None:
    row = conn.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
    found = row[0] if row else "none"
    if row is None or tuple(int(part) for part in found.split(".")[:2]) < OLDEST_POSTGIS:
        wanted = ".".join(str(part) for part in OLDEST_POSTGIS)
        raise DatabaseError(f"PostGIS {found} is too old: {wanted} or later is needed")


# --- both ------------------------------------------------------------------------------------


def _missing_extensions(conn: Connection[Any]) -> list[str]:
    known = {row[0] for row in conn.execute("SELECT name FROM pg_available_extensions")}
    if "postgis" not in known:
        major = conn.info.server_version // 10000
        raise DatabaseError(
            f"the server lacks PostGIS: run there {install_command(major)}", key="postgis"
        )
    present = {row[0] for row in conn.execute("SELECT extname FROM pg_extension")}
    return [extension for extension in EXTENSIONS if extension not in present]


def _has(conn: Connection[Any], query: LiteralString, *parameters: str) -> bool:
    return conn.execute(query, parameters).fetchone() is not None
