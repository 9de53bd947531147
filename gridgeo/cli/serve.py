"""`gridgeo serve`: the server alone, in the foreground."""

import os
import shutil
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from gridgeo.cli.local import Local, ServerRecord, settings_fingerprint
from gridgeo.cli.server import url_of
from gridgeo.db.dsn import Dsn
from gridgeo.http.protocol import PatientProtocol
from gridgeo.settings import Settings, load_settings

HEALTHCHECK_TIMEOUT_S = 60
SHUTDOWN_TIMEOUT_S = 5

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port; otherwise GRIDGEO_PORT or 8000.")] = None,
) -> None:
    """Serve API, tiles and console until stopped; the database must be prepared.

    Example: `gridgeo serve --port 8080`
    """
    settings = load_settings(**({} if port is None else {"port": port}))
    config = _config(settings)
    with config.bind_socket() as listener:
        # asyncio does so only for sockets it made; without it an answer waits 40 ms for an ACK
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.listen(config.backlog)  # from now on nobody is refused: who comes early waits
        supervisor = Supervisor(config, listener, settings)
        supervisor.record.write(settings.var_dir)
        try:
            supervisor.run()
        finally:
            if ServerRecord.read(settings.var_dir) == supervisor.record:
                (settings.var_dir / "server.pid").unlink()


class Supervisor(Multiprocess):
    """Keeps the workers running; at SIGHUP replaces one after the other, and none is missed.

    The new ones run the code, and serve the city, of that moment. `record` says which: it is
    written anew when all are replaced, or as it was when they cannot be.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, settings: Settings) -> None:
        super().__init__(config, [listener])
        self._settings, self._given = settings, settings_fingerprint()
        _pass_on(settings)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_empty(settings.var_dir / "metrics"))
        self.record = self._present()

    def restart_all(self) -> None:
        """Replace the workers; they stay when a new one does not come to answer."""
        before = self.processes.copy()
        _pass_on(self._settings)
        renewed = self._present()
        super().restart_all()
        if not {*before} & {*self.processes}:
            self.record = renewed
        self.record.write(self._settings.var_dir)

    def _present(self) -> ServerRecord:
        database = _dsns(self._settings)[0].parameters.get("dbname", "")
        url = url_of(self._settings, self._settings.port)
        return ServerRecord.of_this_process(url, database, self._given)


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "gridgeo.cli.worker:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
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
    return Dsn(settings.app_dsn.get_secret_value()), Dsn(reader.get_secret_value())


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
