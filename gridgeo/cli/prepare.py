"""`gridgeo prepare`: everything that a server needs before it can start."""

from contextlib import suppress
from pathlib import Path

import psycopg
import typer
from psycopg import IsolationLevel

from gridgeo.cli.cities import DATABASES, City, CityOption, served
from gridgeo.cli.demo import ensure_demo_city
from gridgeo.cli.keys import ensure_local_keys
from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import ROLES, new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.errors import Unavailable
from gridgeo.locate.index_file import IndexFiles
from gridgeo.locate.store import load_head
from gridgeo.parties.array_files import ArrayFiles
from gridgeo.parties.books import Books
from gridgeo.settings import Settings, load_settings
from gridgeo.units.store import head_version

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def prepare(city: CityOption = None) -> None:
    """Make database, roles, tables, demo city and local keys, whatever is missing of them.

    Done again it changes nothing. Example: `gridgeo prepare --city none`
    """
    settings = load_settings()
    with Steps() as report:
        local = Local.read(settings.local_file)
        chosen = city or served(local)
        dsns = _database(settings, chosen, local, report)
        report("bringing the tables up to date")
        migrate.upgrade(dsns.owner)
        if chosen != "none":
            ensure_demo_city(dsns.owner, settings, report, chosen)
        _keep_ready(dsns.reader, settings.index_folder, report)
        keys = ensure_local_keys(dsns.app, {} if local is None else local.keys)
        Local(None if local is None else local.url, dsns, keys).write(settings.local_file)


def _database(settings: Settings, city: City, local: Local | None, report: Steps) -> Dsns:
    """Return the roles' connection strings to the given database, or to the city's of our own."""
    if settings.database_url is not None:
        return prepare_database(settings.database_url.value)
    admin = Cluster(settings.cluster_dir, report=report).start()
    report("preparing database and roles")
    return prepare_database(admin, DATABASES[city], _passwords(local))


def _keep_ready(reader_dsn: str, folder: Path, report: Steps) -> None:
    """Write the files of the live map and of its rules: no server reads them at its start."""
    files = IndexFiles(folder)
    with psycopg.connect(reader_dsn) as conn, files.locked():
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        head = head_version(conn)
        if head is None:
            return
        if not files.has(conn, head):
            report("keeping the map ready to answer")
            files.kept(conn, load_head(conn))
        with suppress(Unavailable):  # a map may have no rules yet
            Books(files=ArrayFiles(folder / "book")).now(conn)


def _passwords(local: Local | None) -> dict[str, str]:
    """Return the passwords that `local.json` remembers, or new ones."""
    if local is None:
        return new_passwords()
    known = (dsn.parameters for dsn in (local.dsn.owner, local.dsn.app, local.dsn.reader))
    found = {one["user"]: one["password"] for one in known if "password" in one}
    return found if set(found) == set(ROLES) else new_passwords()
