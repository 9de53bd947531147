"""The process that keeps the workers of a server running."""

import multiprocessing
import os
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from gridgeo.cli.local import Local, ServerRecord, settings_fingerprint
from gridgeo.cli.server import url_of
from gridgeo.db.dsn import Dsn
from gridgeo.settings import Settings, load_settings

WORKER = "gridgeo.cli.worker:application"
"""A worker that is whole before it takes a request: so one that replaces another begins."""

FIRST_WORKER = "gridgeo.cli.worker:beginning"
"""A worker that answers plain questions before it is whole: so a server begins."""

HEALTHCHECK_TIMEOUT_S = 60
SHUTDOWN_TIMEOUT_S = 5

Sockets = list[socket.socket]

_fork = multiprocessing.get_context("fork")


def run(port: int | None) -> None:
    """Serve until stopped, on this port or on that of the settings."""
    settings = load_settings(**({} if port is None else {"port": port}))
    config = _config(settings, WORKER)
    with config.bind_socket() as listener:
        # asyncio does so only for sockets it made; without it an answer waits 40 ms for an ACK
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.listen(config.backlog)  # from now on nobody is refused: who comes early waits
        supervisor = Supervisor(config, listener, settings)
        try:
            supervisor.run()
        finally:
            if ServerRecord.read(settings.var_dir) == supervisor.record:
                (settings.var_dir / "server.pid").unlink()


class Supervisor(Multiprocess):
    """Keeps the workers running; at SIGHUP replaces one after the other, and none is missed.

    The new ones run the code, and serve the city, of that moment. `record` says which: it is
    written anew when all are replaced, or as it was when they cannot be.

    At the start the first worker has the machine for itself until it answers; then come the others.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, settings: Settings) -> None:
        super().__init__(config, [listener])
        self._settings, self._given = settings, settings_fingerprint()
        self._starts = True
        self.record: ServerRecord | None = None
        _pass_on(settings)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_empty(settings.var_dir / "metrics"))

    def init_processes(self) -> None:
        """Start the first worker, and say that this server runs."""
        import_module("gridgeo.cli.preload")
        self._add()
        self.record = self._present()
        self.record.write(self._settings.var_dir)

    def keep_subprocess_alive(self) -> None:
        """Start the workers that are missing: those that died, and the others at the start."""
        super().keep_subprocess_alive()
        if not self.should_exit.is_set() and all(one.is_ready() for one in self.processes):
            while len(self.processes) < self.processes_num:
                self._add()
            self._starts = False

    def restart_all(self) -> None:
        """Replace the workers; they stay when a new one does not come to answer."""
        self._starts = False
        before = self.processes.copy()
        _pass_on(self._settings)
        renewed = self._present()
        super().restart_all()
        if not {*before} & {*self.processes}:
            self.record = renewed
        if self.record is not None:
            self.record.write(self._settings.var_dir)

    def _add(self) -> None:
        process = (
            ForkedWorker(_config(self._settings, FIRST_WORKER), self.sockets)
            if self._starts
            else Process(self.config, self.sockets)
        )
        process.start()
        self.processes.append(process)

    def _present(self) -> ServerRecord:
        database = _dsns(self._settings)[0].parameters.get("dbname", "")
        url = url_of(self._settings, self._settings.port)
        return ServerRecord.of_this_process(url, database, self._given)


class ForkedWorker(Process):
    """A worker forked from the supervisor, which has imported what it needs."""

    def __init__(self, config: uvicorn.Config, sockets: Sockets) -> None:
        super().__init__(config, sockets)
        self.process = _fork.Process(target=_work, args=(config, self.target, sockets))  # type: ignore[assignment]  # uvicorn spawns its own

    def start(self) -> None:
        """Start it; from then on its end of the pipe is its alone.

        So nobody waits a minute for the word of a worker that has just died. A signal that comes
        meanwhile waits until the worker has handlers of its own.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.child_conn.close()


def _work(config: uvicorn.Config, target: Callable[..., None], sockets: Sockets) -> None:
    for number in SIGNALS:  # the supervisor's handlers stand here too
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    config.configure_logging()
    with suppress(KeyboardInterrupt):  # Ctrl-C: the supervisor ends everything
        target(sockets=sockets)


def _config(settings: Settings, application: str) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        http="gridgeo.http.protocol:PatientProtocol",
        workers=settings.workers,
        log_level=settings.log_level,
        access_log=False,
        timeout_worker_healthcheck=HEALTHCHECK_TIMEOUT_S,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )


def _pass_on(settings: Settings) -> None:
    """Put into the environment what worker processes need before they import anything."""
    app_dsn, reader_dsn = _dsns(settings)
    os.environ["GRIDGEO_PORT"] = str(settings.port)
    os.environ["GRIDGEO_APP_DSN"] = app_dsn
    os.environ["GRIDGEO_READER_DSN"] = reader_dsn
    os.environ["GRIDGEO_INDEX_DIR"] = str(settings.index_folder)


def _dsns(settings: Settings) -> tuple[Dsn, Dsn]:
    """Return the connection strings of app and reader: as set, or as `prepare` left them."""
    if settings.app_dsn is None:
        local = Local.need(settings.local_file)
        return local.dsn.app, local.dsn.reader
    reader = settings.reader_dsn or settings.app_dsn
    return Dsn(settings.app_dsn.value), Dsn(reader.value)


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
