"""`gridgeo up`: from nothing to a city that answers."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridgeo.cli import server
from gridgeo.cli.cities import DATABASES, City, CityOption, served
from gridgeo.cli.local import Local, ServerRecord, code_fingerprint, settings_fingerprint
from gridgeo.cli.progress import Steps
from gridgeo.db import ports
from gridgeo.settings import Settings, load_settings

EXAMPLE = "/locate?lon=113.6402&lat=34.7254"
WHOLE_CITY = (
    "this is one district; the whole city: make up CITY=zhengzhou (some minutes, in which this one "
    "goes on answering)"
)

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the city answers.")] = False,
    port: Annotated[int | None, typer.Option(help="Port; otherwise 8000 or the next free.")] = None,
    city: CityOption = None,
) -> None:
    """Bring up everything: private PostGIS, tables, demo city, keys, server.

    What is there already is kept; if the server runs with the present code, that is all. While
    another city is made, the present one goes on answering.

    Examples: `gridgeo up`, `gridgeo up --detach --port 8080`, `gridgeo up --city zhengzhou`
    """
    settings = load_settings()
    chosen = city or served(Local.read(settings.local_file))
    probe = server.LIVE if chosen == "none" else server.READY
    present = server.running(settings)
    if (
        present is not None
        and _is_current(present, settings, port, chosen)
        and server.answers(present.url, probe)
    ):
        _print_summary(settings, present.url, chosen)
        return
    if port is not None:
        server.refuse_taken(settings, port)
    _prepare(chosen)
    if detach and present is not None and _renewed(settings, present, port, probe):
        _print_summary(settings, present.url, chosen)
        return
    server.stop(settings)
    started = _serve(settings, port, probe, detach, chosen)
    if not detach:
        raise typer.Exit(_attend(started))


def _is_current(present: ServerRecord, settings: Settings, port: int | None, city: City) -> bool:
    has_city = settings.database_url is not None or present.database == DATABASES[city]
    return _stands_so(present, port) and has_city and present.code == code_fingerprint()


def _stands_so(present: ServerRecord, port: int | None) -> bool:
    """Whether a server has the wanted port and settings."""
    has_port = port is None or present.url.endswith(f":{port}")
    return has_port and present.settings == settings_fingerprint()


def _renewed(settings: Settings, present: ServerRecord, port: int | None, probe: str) -> bool:
    """Bring the running server to the present code and city without a gap, if that can be."""
    if not _stands_so(present, port) or not present.is_alive:
        return False
    with Steps() as report:
        report("replacing the workers one by one; the server answers all the while")
        return server.renew(settings, present) and server.answers(present.url, probe)


def _prepare(city: City) -> None:
    """Prepare in a process of its own, whose imports this one need not wait for."""
    command = [sys.executable, "-m", "gridgeo.cli", "prepare", "--city", city]
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        raise typer.Exit(done.returncode)


def _serve(
    settings: Settings, port: int | None, probe: str, detach: bool, city: City
) -> "subprocess.Popen[bytes]":
    log = settings.var_dir / "server.log" if detach else None
    with Steps() as report:
        started, url = _start(settings, port, log, probe, report)
    replace(Local.need(settings.local_file), url=url).write(settings.local_file)
    _print_summary(settings, url, city)
    return started


def _start(
    settings: Settings, port: int | None, log: Path | None, probe: str, report: Steps
) -> tuple["subprocess.Popen[bytes]", str]:
    """Start the server; if another took the chosen port in between, choose again."""
    chosen = port or server.choose_port(settings, report)
    url = server.url_of(settings, chosen)
    report(f"starting the server on {url}")
    started = server.start(settings, chosen, log)
    try:
        server.wait_until_ready(settings, started, url, log, probe)
    except server.ServerError:
        if port is not None or started.poll() is None or ports.is_free(chosen, settings.host):
            raise
        return _start(settings, port, log, probe, report)
    return started, url


def _attend(started: "subprocess.Popen[bytes]") -> int:
    """Wait for the server in the foreground; Ctrl-C reaches it by itself, SIGTERM through us."""
    signal.signal(signal.SIGTERM, lambda number, frame: started.terminate())
    try:
        return started.wait()
    except KeyboardInterrupt:
        return started.wait()


def _print_summary(settings: Settings, url: str, city: City) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold green]gridgeo[/] answers on [bold]{url}[/]")
    console.print(f"  try   curl '{url}{EXAMPLE}'", markup=False)
    console.print(
        f"  keys  {settings.local_file} (by role), stop with `gridgeo down`", markup=False
    )
    if city == "small" and settings.database_url is None:
        console.print(f"  more  {WHOLE_CITY}", markup=False)
