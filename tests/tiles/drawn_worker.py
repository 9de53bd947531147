"""A worker that serves drawn tiles, and draws them in this process."""

import time
from contextlib import contextmanager

from fastapi.testclient import TestClient

from gridgeo import app as application
from gridgeo.settings import ROOT, Secret, Settings
from gridgeo.tiles.drawn.ahead import draw_head
from gridgeo.tiles.drawn.kept import TileFiles

COVERS = application.catalogue(ROOT / "tiles").drawn
DEADLINE_S = 20.0


class Process:
    """A drawing that this process does at once, in place of one of its own."""

    def __init__(self, work):
        work()

    def poll(self):
        return 0

    def terminate(self):
        pass

    def wait(self):
        return 0


def until(holds):
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def draw(dsns, folder, datum=None):
    return draw_head(dsns.reader, TileFiles(folder, datum), COVERS, lambda zoom: None, datum)


@contextmanager
def serving(dsns, folder, patch):
    """A client of a worker that draws into a folder, once its tiles are there."""
    patch.setattr(
        application, "draw_apart", lambda datum: Process(lambda: draw(dsns, folder, datum))
    )
    given = {"app_dsn": Secret(dsns.app[:]), "reader_dsn": Secret(dsns.reader[:])}
    with TestClient(application.create_app(Settings(**given, index_dir=folder))) as client:
        until(lambda: client.app.state.tiles.current() is not None)
        yield client
