"""The application of one server process."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.process import BaseProcess

from fastapi import FastAPI

from gridgeo.app import create_app
from gridgeo.settings import load_settings

SWITCH_S = 0.0005
"""So long a thread may keep others from running; with Python's own 5 ms a publication, which waits
for the database fifty times, would lose a quarter of a second to busy readers of its worker."""


def application() -> FastAPI:
    """Return the application with the settings that `gridgeo serve` put into the environment."""
    _end_with(multiprocessing.parent_process())
    sys.setswitchinterval(SWITCH_S)
    app = create_app(load_settings())
    gc.freeze()  # what stands now stays: it need not be gone through for garbage again
    return app


def _end_with(parent: BaseProcess | None) -> None:
    """Stop when the supervising process is gone, so that none of its workers keeps the port."""

    def wait(parent: BaseProcess) -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    if parent is not None:
        threading.Thread(target=wait, args=(parent,), daemon=True, name="supervisor watch").start()
