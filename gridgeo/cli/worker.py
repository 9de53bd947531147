"""The application of one server process."""

import gc
import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess

from fastapi import FastAPI

from gridgeo.app import create_app
from gridgeo.settings import load_settings


def application() -> FastAPI:
    """Return the application with the settings that `gridgeo serve` put into the environment."""
    _end_with(multiprocessing.parent_process())
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
