"""A private PostgreSQL cluster in a folder of this checkout: made, started and stopped here.

The folder holds `cluster.json` (port, superuser password, where the data is; mode 0600), `lock`,
and the cluster's home: `data` and `server.log`. PostgreSQL refuses to run as root, so a caller who
is root runs it as the system user `postgres`; where that user cannot enter the folder, the home is
`/var/lib/gridgeo/<hash of the folder>`. The system's own clusters are never touched.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import psycopg

from gridgeo.db import ports, process, tuning
from gridgeo.db.account import Account, Report
from gridgeo.db.binaries import Binaries, ClusterError, find_binaries
from gridgeo.db.dsn import Dsn
from gridgeo.db.initdb import CONFIG_FILE, SUPERUSER, data_version, make_data

SHARED_HOMES = Path("/var/lib/gridgeo")
TRIES = 5
START_TIMEOUT_S = 600
ORPHANS_TIMEOUT_S = 30
LOG_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class _Record:
    """What `cluster.json` remembers."""

    folder: str
    home: str
    port: int
    password: str = field(repr=False)

    @property
    def data(self) -> Path:
        return Path(self.home) / "data"

    @property
    def log(self) -> Path:
        return Path(self.home) / "server.log"

    @property
    def dsn(self) -> Dsn:
        return Dsn.of(
            host=ports.LOOPBACK,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
        )


class Cluster:
    """One private cluster.

    Parameters
    ----------
    directory : Path
        Its folder; made by `start` if missing. Each folder has its own cluster and port.
    durable : bool
        False for tests: faster, but a crash of the machine (not of a process) loses it.
    report : callable
        Told one line of text before each step that may take more than a moment.
    """

    def __init__(
        self, directory: Path, durable: bool = True, report: Report = lambda text: None
    ) -> None:
        self.directory = directory.resolve()
        self.durable = durable
        self.report = report
        self._account = Account(report)

    def __repr__(self) -> str:
        return f"Cluster({str(self.directory)!r})"

    @property
    def port(self) -> int:
        """TCP port on 127.0.0.1 that the cluster had at its last start."""
        return self._known_record.port

    @property
    def log_file(self) -> Path:
        """The server's log."""
        return self._known_record.log

    @property
    def postmaster_pid(self) -> int | None:
        """Process number of this folder's own server, None if it does not run."""
        record = self._record()
        return None if record is None else _running_pid(record.data)

    @property
    def dsn(self) -> Dsn:
        """Superuser's connection string to the database `postgres`."""
        return self._known_record.dsn

    def is_running(self) -> bool:
        """Return whether this folder's own server runs (not merely something on its port)."""
        return self.postmaster_pid is not None

    def start(self) -> Dsn:
        """Make the cluster if need be, start it if it does not run; return the superuser's DSN.

        Two callers at once are served one after the other. What a `kill -9` left behind (a half
        made cluster, a stale pid file, socket or orphaned backend) is cleared away.

        Raises
        ------
        ClusterError
            If PostgreSQL or PostGIS is missing or the server does not start; says what to do.
        """
        with self._locked():
            record = self._record() or self._new_record()
            if not self._answers(record):
                binaries = find_binaries(data_version(record.data))
                self._ensure_data(binaries, record)
                self._clear_remains(record.data)
                self._launch(binaries, record)
        return self.dsn

    def stop(self) -> bool:
        """Stop the server, open connections included; return whether it ran."""
        if not self.is_running():
            return False
        with self._locked():
            data = self._known_record.data
            self.report("stopping PostgreSQL")
            pg_ctl = find_binaries(data_version(data))["pg_ctl"]
            command = [pg_ctl, "stop", "-D", str(data), "-w", "-m"]
            code, said = self._account.run([*command, "fast"], check=False)
            if code != 0 and _running_pid(data) is not None:
                self.report(f"{said}; stopping it at once")
                self._account.run([*command, "immediate"])
        return True

    def purge(self) -> None:
        """Stop the server and delete all its data."""
        self.stop()
        record = self._record()
        if record is not None and Path(record.home) != self.directory:
            shutil.rmtree(record.home, ignore_errors=True)
        for folder in (self.directory, self._socket_dir):
            shutil.rmtree(folder, ignore_errors=True)

    # --- the record -----------------------------------------------------------------------------

    @cached_property
    def _hash(self) -> str:
        return hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]

    @property
    def _name(self) -> str:
        return f"gridgeo-{self._hash}"

    @property
    def _socket_dir(self) -> Path:
        return Path("/tmp") / self._name

    @property
    def _file(self) -> Path:
        return self.directory / "cluster.json"

    @property
    def _known_record(self) -> _Record:
        record = self._record()
        if record is None:
            raise ClusterError(f"there is no cluster in {self.directory}: run `gridgeo up`")
        return record

    def _record(self) -> _Record | None:
        """Return the record; a folder that was moved or copied here takes its data along."""
        if not self._file.is_file():
            return None
        record = _Record(**json.loads(self._file.read_text()))
        if record.folder == str(self.directory):
            return record
        if record.home == record.folder:
            return replace(record, folder=str(self.directory), home=str(self.directory))
        return None

    def _write(self, record: _Record) -> None:
        draft = self._file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(record), indent=1) + "\n")
        draft.rename(self._file)

    def _new_record(self) -> _Record:
        home = self._choose_home()
        self._set_aside(home / "data")
        password = secrets.token_urlsafe(24)
        record = _Record(str(self.directory), str(home), self._free_port(), password)
        self._write(record)
        return record

    def _choose_home(self) -> Path:
        if self._account.may_enter(self.directory):
            return self.directory
        home = SHARED_HOMES / self._hash
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        return home

    def _set_aside(self, data: Path) -> None:
        """Keep, under another name, data whose password went away with a deleted checkout."""
        if _running_pid(data) is not None:
            raise ClusterError(f"a server without its password runs in {data}: stop it first")
        if data.exists():
            kept = data.with_name(f"data.left-{time.strftime('%Y%m%dT%H%M%S')}")
            self.report(f"data of an earlier checkout at this place is kept in {kept}")
            data.rename(kept)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.report("waiting for another start of this cluster")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- the server -----------------------------------------------------------------------------

    def _answers(self, record: _Record) -> bool:
        """Return whether the server runs and lets us in; wait while it recovers or dies."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while _running_pid(record.data) is not None:
            try:
                psycopg.connect(record.dsn, connect_timeout=10).close()
            except psycopg.OperationalError as error:
                if "authentication" in str(error) or time.monotonic() > deadline:
                    raise ClusterError(f"PostgreSQL does not answer: {error}") from None
                time.sleep(0.05)
            else:
                return True
        return False

    def _ensure_data(self, binaries: Binaries, record: _Record) -> None:
        if not record.data.is_dir():
            home = Path(record.home)
            self.report(f"making a PostgreSQL {binaries.major} cluster in {home}")
            make_data(binaries, home, self._account, record.password, durable=self.durable)

    def _clear_remains(self, data: Path) -> None:
        """Remove what a killed server left: orphaned backends, pid file, socket."""
        title = f"postgres: {self._name}: "
        for pid in process.titled(title):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + ORPHANS_TIMEOUT_S
        while process.titled(title) and time.monotonic() < deadline:
            time.sleep(0.05)
        (data / "postmaster.pid").unlink(missing_ok=True)
        self._ensure_socket_dir()
        for left in self._socket_dir.glob(".s.PGSQL.*"):
            left.unlink()

    def _ensure_socket_dir(self) -> None:
        """Make the socket's folder; refuse one that someone else put there."""
        path = self._socket_dir
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            self._account.own(path)
        found = path.lstat()
        is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
        if not is_private or found.st_uid != self._account.uid:
            raise ClusterError(f"{path} belongs to somebody else: remove it and try again")

    def _launch(self, binaries: Binaries, record: _Record) -> None:
        """Start the server; if another program has the port, on another port."""
        self.report("starting PostgreSQL")
        for _ in range(TRIES):
            if not ports.is_free(record.port):
                record = replace(record, port=self._free_port())
            self._write(record)
            self._configure(binaries, record)
            if self._try_launch(binaries, record):
                return
        raise ClusterError(f"other programs keep taking the ports in {ports.CLUSTER_PORTS}")

    def _try_launch(self, binaries: Binaries, record: _Record) -> bool:
        """Return False if the port was taken in between; raise if it fails otherwise."""
        self._prepare_log(record.log)
        begin = record.log.stat().st_size
        command = [binaries["pg_ctl"], "start", "-D", str(record.data), "-l", str(record.log)]
        code, _ = self._account.run([*command, "-w", "-t", str(START_TIMEOUT_S)], check=False)
        if code == 0:
            return True
        said = record.log.read_bytes()[begin:].decode(errors="replace").strip()
        if "could not create any TCP/IP sockets" in said:
            return False
        raise ClusterError(f"PostgreSQL did not start, see {record.log}:\n{said[-1500:]}")

    def _prepare_log(self, log: Path) -> None:
        if log.is_file() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.rename(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        self._account.own(log)

    def _configure(self, binaries: Binaries, record: _Record) -> None:
        settings = tuning.server_settings(
            tuning.memory_bytes(), os.cpu_count() or 1, durable=self.durable
        )
        settings |= {
            "listen_addresses": ports.LOOPBACK,
            "port": str(record.port),
            "unix_socket_directories": str(self._socket_dir),
            "unix_socket_permissions": "0700",
            "cluster_name": self._name,
            # else each connection loads it by itself, at its first geometry
            "shared_preload_libraries": binaries.postgis_library or "",
        }
        file = record.data / CONFIG_FILE
        file.write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
        self._account.own(file)

    def _free_port(self) -> int:
        return ports.free_cluster_port(int(self._hash, 16))


def _running_pid(data: Path) -> int | None:
    """Return the number in `postmaster.pid` if that process is the server of this data."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    folder = process.command(pid).partition(" -D ")[2] if pid else ""
    return pid if folder.strip('" ') == str(data) else None
