"""Start, watch and stop the server process of this checkout."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from gridgeo.cli.local import ServerRecord, code_fingerprint
from gridgeo.db import ports
from gridgeo.errors import Unavailable
from gridgeo.settings import Settings

READY_TIMEOUT_S = 120
STOP_TIMEOUT_S = 15
LOG_LIMIT_BYTES = 16 * 1024 * 1024
PORTS_TRIED = 100
READY = "/health/ready"
LIVE = "/health/live"

Report = Callable[[str], None]


class ServerError(Unavailable):
    """The server cannot start; the text says why and what to do."""

    code = "server"


def running(settings: Settings) -> ServerRecord | None:
    """Return the record of this checkout's server if that very process runs."""
    record = ServerRecord.read(settings.var_dir)
    return record if record is not None and record.is_alive else None


def url_of(settings: Settings, port: int) -> str:
    """Return where people on this machine reach the server."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def answers(url: str, probe: str = READY) -> bool:
    """Return whether the server at a URL says that it is ready (or only, that it lives)."""
    try:
        with urllib.request.urlopen(url + probe, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def refuse_taken(settings: Settings, port: int) -> None:
    """Do nothing if a port is free or ours.

    Raises
    ------
    ServerError
        If another program has it.
    """
    _wait_for_orphans(settings, port)
    own = running(settings)
    is_ours = own is not None and own.url.endswith(f":{port}")
    if not is_ours and not ports.is_free(port, settings.host):
        raise ServerError(f"port {port} is taken by another program: choose another --port")


def choose_port(settings: Settings, report: Report) -> int:
    """Return the first free port, from that of the settings upwards."""
    wanted = settings.port
    _wait_for_orphans(settings, wanted)
    if ports.is_free(wanted, settings.host):
        return wanted
    found = ports.first_free(range(wanted + 1, wanted + PORTS_TRIED), settings.host)
    report(f"port {wanted} is taken by another program, taking {found}")
    return found


def start(settings: Settings, port: int, log: Path | None) -> "subprocess.Popen[bytes]":
    """Start `gridgeo serve`, apart from this terminal if it gets a log file."""
    command = [sys.executable, "-m", "gridgeo.cli", "serve", "--port", str(port)]
    if log is None:
        return subprocess.Popen(command)
    if log.is_file() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )


def wait_until_ready(
    settings: Settings,
    server: "subprocess.Popen[bytes]",
    url: str,
    log: Path | None,
    probe: str = READY,
) -> None:
    """Return once the server, and not another on its port, answers the probe.

    Raises
    ------
    ServerError
        If it ends before, or is not ready in time.
    """
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not (_has_port(settings, server.pid) and answers(url, probe)):
        if server.poll() is not None:
            raise ServerError(f"the server ended with code {server.returncode}{_tail(log)}")
        if time.monotonic() > deadline:
            raise ServerError(f"{url} is not ready after {READY_TIMEOUT_S} s{_tail(log)}")
        time.sleep(0.05)


def renew(settings: Settings, record: ServerRecord) -> bool:
    """Let a running server replace its workers, answering all the while.

    Returns whether they now run the present code; otherwise the old ones answer on.
    """
    file = settings.var_dir / "server.pid"
    before = file.stat().st_mtime_ns
    os.kill(record.pid, signal.SIGHUP)
    deadline = time.monotonic() + READY_TIMEOUT_S
    while record.is_alive and time.monotonic() < deadline:
        if file.stat().st_mtime_ns != before:
            found = ServerRecord.read(settings.var_dir)
            return found is not None and found.code == code_fingerprint()
        time.sleep(0.05)
    return False


def stop(settings: Settings) -> bool:
    """Stop this checkout's server; return whether it ran. No other process is ever touched."""
    record = running(settings)
    if record is not None:
        os.kill(record.pid, signal.SIGTERM)
        _wait_for_end(record, STOP_TIMEOUT_S)
        if record.is_alive:
            os.kill(record.pid, signal.SIGKILL)
            _wait_for_end(record, STOP_TIMEOUT_S)
    (settings.var_dir / "server.pid").unlink(missing_ok=True)
    return record is not None


def _has_port(settings: Settings, pid: int) -> bool:
    """Return whether a server process listens: it writes its record only then."""
    record = ServerRecord.read(settings.var_dir)
    return record is not None and record.pid == pid


def _wait_for_end(record: ServerRecord, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while record.is_alive and time.monotonic() < deadline:
        time.sleep(0.05)


def _wait_for_orphans(settings: Settings, port: int) -> None:
    """Give the workers of a killed server the moment they need to notice and free its port."""
    record = ServerRecord.read(settings.var_dir)
    if record is None or record.is_alive or not record.url.endswith(f":{port}"):
        return
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while not ports.is_free(port, settings.host) and time.monotonic() < deadline:
        time.sleep(0.1)


def _tail(log: Path | None) -> str:
    if log is None:
        return ""
    last = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
    return f", see {log}:\n{last}"
