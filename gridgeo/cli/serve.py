"""`gridgeo serve`: the server alone, in the foreground."""

import os
import shutil
import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from gridgeo.cli.local import Local, ServerRecord
from gridgeo.cli.server import url_of
from gridgeo.db.dsn import Dsn
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
    app_dsn, reader_dsn = _dsns(settings)
    _pass_on(settings, app_dsn, reader_dsn)
    config = _config(settings)
    with config.bind_socket() as listener:
        # asyncio does so only for sockets it made; without it an answer waits 40 ms for an ACK
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url, database = url_of(settings, settings.port), app_dsn.parameters.get("dbname", "")
        record = ServerRecord.of_this_process(url, database)
        record.write(settings.var_dir)
        try:
            _run(config, listener)
        finally:
            if ServerRecord.read(settings.var_dir) == record:
                (settings.var_dir / "server.pid").unlink()


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "gridgeo.cli.worker:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level=settings.log_level,
        access_log=False,
        timeout_worker_healthcheck=HEALTHCHECK_TIMEOUT_S,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )


def _run(config: uvicorn.Config, listener: socket.socket) -> None:
    if config.workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _pass_on(settings: Settings, app_dsn: Dsn, reader_dsn: Dsn) -> None:
    """Put into the environment what worker processes need before they import anything."""
    os.environ["GRIDGEO_PORT"] = str(settings.port)
    os.environ["GRIDGEO_APP_DSN"] = app_dsn
    os.environ["GRIDGEO_READER_DSN"] = reader_dsn
    os.environ["GRIDGEO_INDEX_DIR"] = str(settings.index_folder)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_empty(settings.var_dir / "metrics"))


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
