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
from gridgeo.cli.local import Local, ServerRecord, code_fingerprint
from gridgeo.cli.progress import Steps
from gridgeo.db import ports
from gridgeo.settings import Settings, load_settings

EXAMPLE = "/locate?lon=113.6402&lat=34.7254"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the city answers.")] = False,
    port: Annotated[int | None, typer.Option(help="Port; otherwise 8000 or the next free.")] = None,
    city: Annotated[
        str, typer.Option(help="Demo city for an empty map: small, zhengzhou, stress or none.")
    ] = "small",
) -> None:
    """Bring up everything: private PostGIS, tables, demo city, keys, server.

    What is there already is kept; if the server runs with the present code, that is all.
    Examples: `gridgeo up`, `gridgeo up --detach --port 8080`
    """
    settings = load_settings()
    probe = server.LIVE if city == "none" else server.READY
    present = server.running(settings)
    if present is not None and _is_current(present, port) and server.answers(present.url, probe):
        _print_summary(settings, present.url)
        return
    if port is not None:
        server.refuse_taken(settings, port)
    _prepare(city)
    server.stop(settings)
    started = _serve(settings, port, probe, detach)
    if not detach:
        raise typer.Exit(_attend(started))


def _is_current(present: ServerRecord, port: int | None) -> bool:
    has_port = port is None or present.url.endswith(f":{port}")
    return has_port and present.code == code_fingerprint()


def _prepare(city: str) -> None:
    """Prepare in a process of its own, whose imports this one need not wait for."""
    command = [sys.executable, "-m", "gridgeo.cli", "prepare", "--city", city]
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        raise typer.Exit(done.returncode)


def _serve(
    settings: Settings, port: int | None, probe: str, detach: bool
) -> "subprocess.Popen[bytes]":
    log = settings.var_dir / "server.log" if detach else None
    with Steps() as report:
        started, url = _start(settings, port, log, probe, report)
    replace(Local.need(settings.local_file), url=url).write(settings.local_file)
    _print_summary(settings, url)
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


def _print_summary(settings: Settings, url: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold green]gridgeo[/] answers on [bold]{url}[/]")
    console.print(f"  try   curl '{url}{EXAMPLE}'", markup=False)
    console.print(
        f"  keys  {settings.local_file} (by role), stop with `gridgeo down`", markup=False
    )
