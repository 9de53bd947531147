"""`gridgeo doctor`: what is wrong, and what to do about it."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from sqlalchemy.exc import OperationalError

from gridgeo.cli import server
from gridgeo.cli.local import Local, code_fingerprint
from gridgeo.db import migrate, ports
from gridgeo.db.binaries import find_binaries
from gridgeo.db.cluster import Cluster
from gridgeo.db.dsn import Dsn
from gridgeo.errors import GridgeoError
from gridgeo.settings import Settings, load_settings

OLDEST_PYTHON = (3, 11)
LEAST_DISK_BYTES = 2 * 1024**3
UP = "run `make up`"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True)
class Check:
    """One answer: what was looked at, whether it is well, what was found, what to do."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look at everything the service needs; exit code 1 if something is wrong.

    Example: `gridgeo doctor --json`
    """
    checks = list(examine(load_settings()))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=1))
    else:
        _print(checks)
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


def examine(settings: Settings) -> Iterator[Check]:
    """Yield the checks, in the order in which one needs the other."""
    yield _python()
    yield _disk(settings)
    yield _web(settings)
    if settings.database_url is None:
        yield _told("postgresql and postgis", _binaries)
        yield _cluster(settings)
    yield _told("local.json", lambda: str(Local.need(settings.local_file)) and "present")
    if (local := Local.read(settings.local_file)) is not None:
        yield _migrations(local.dsn.owner)
        yield _map(local.dsn.app)
    yield _server(settings)


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", sys.version_info >= OLDEST_PYTHON, found, "install Python 3.11 or later")


def _disk(settings: Settings) -> Check:
    folder = next(f for f in (settings.var_dir, *settings.var_dir.parents) if f.exists())
    free = shutil.disk_usage(folder).free
    remedy = f"free some space where {folder} is"
    return Check("disk", free >= LEAST_DISK_BYTES, f"{free / 1e9:.1f} GB free", remedy)


def _web(settings: Settings) -> Check:
    page = settings.web_dir / "index.html"
    is_there = page.is_file()
    return Check("console", is_there, "built" if is_there else f"{page} is missing", UP)


def _binaries() -> str:
    binaries = find_binaries()
    return f"PostgreSQL {binaries.major} with PostGIS in {binaries.folder}"


def _cluster(settings: Settings) -> Check:
    cluster = Cluster(settings.cluster_dir)
    pid = cluster.postmaster_pid
    found = "not running" if pid is None else f"process {pid} on port {cluster.port}"
    return Check("cluster", pid is not None, found, UP)


def _migrations(owner: Dsn) -> Check:
    try:
        current, head = migrate.current(owner), migrate.head()
    except OperationalError as error:
        return Check("migrations", False, str(error.orig), UP)
    return Check("migrations", current == head, f"{current or 'none'} of {head}", UP)


def _map(dsn: Dsn) -> Check:
    try:
        with psycopg.connect(dsn, connect_timeout=5) as conn:
            row = conn.execute("SELECT max(version) FROM map_version").fetchone()
    except psycopg.Error as error:
        return Check("map", False, str(error).strip(), UP)
    version = row[0] if row else None
    return Check("map", version is not None, f"version {version}", "load one: `gridgeo load`")


def _server(settings: Settings) -> Check:
    record = server.running(settings)
    if record is None:
        free = ports.is_free(settings.port, settings.host)
        note = "" if free else f"; port {settings.port} is taken by another program"
        return Check("server", False, f"not running{note}", UP)
    if not server.answers(record.url):
        log = settings.var_dir / "server.log"
        return Check("server", False, f"{record.url} is not ready", f"see {log}, then {UP}")
    if record.code != code_fingerprint():
        return Check("server", False, f"{record.url} runs older code", UP)
    return Check("server", True, f"process {record.pid} answers on {record.url}")


def _told(name: str, look: Callable[[], str]) -> Check:
    """Return the check of something that says itself what to do when it fails."""
    try:
        return Check(name, True, look())
    except GridgeoError as error:
        found, _, remedy = error.detail.partition(": ")
        return Check(name, False, found, remedy)


def _print(checks: list[Check]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        mark = "[green]ok     [/]" if check.ok else "[red]problem[/]"
        console.print(mark, f"{check.name}:", end=" ")
        console.print(check.found, markup=False)
        if not check.ok:
            console.print(f"        -> {check.remedy}", markup=False)
