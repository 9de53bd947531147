"""The application of one server process.

A worker that replaces another is whole before it takes a request. The first ones of a server answer
before that: plain questions about points need neither the framework nor most of our modules, whose
import takes longer than all the rest of a start. All other requests wait until the application is
made.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from contextlib import AsyncExitStack
from importlib import import_module
from multiprocessing.process import BaseProcess
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE

from gridgeo.http.core import Core
from gridgeo.http.logs import configure_logging
from gridgeo.http.protocol import AT_ONCE
from gridgeo.settings import Settings, load_settings

SWITCH_S = 0.0005
"""So long a thread may keep others from running; with Python's own 5 ms a publication, which waits
for the database fifty times, would lose a quarter of a second to busy readers of its worker."""

log = logging.getLogger("gridgeo")


def application() -> Any:
    """Return the whole application, with the settings in the environment.

    It is for a worker that replaces another.
    """
    settings = _begin()
    app = _made(settings, Core(settings))
    _settle()
    return app


def beginning() -> "Beginning":
    """Return the same for a worker that is one of the first."""
    return Beginning(_begin())


class Beginning:
    """ASGI application that becomes the whole one; a request may wait for that, none is refused."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._core = Core(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, as soon as there is somebody to pass it to."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            whole = await asyncio.shield(self._whole)
            await whole(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            stack.enter_context(self._core)
            scope["state"][AT_ONCE] = self._core.at_once
            self._whole = asyncio.create_task(self._become(stack))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._whole
        await send({"type": "lifespan.shutdown.complete"})

    async def _become(self, stack: AsyncExitStack) -> Any:
        """Return the whole application, begun; where it cannot be made the server ends."""
        try:
            app = await asyncio.to_thread(_made, self._settings, self._core)
            await stack.enter_async_context(app.router.lifespan_context(app))
        except Exception:
            log.exception("the application cannot be made")
            os._exit(STARTUP_FAILURE)  # by this the supervisor knows that another try is no use
        _settle()
        return app


def _begin() -> Settings:
    _end_with(multiprocessing.parent_process())
    sys.setswitchinterval(SWITCH_S)
    gc.disable()  # all that is made while a worker begins stays: there is no garbage to look for
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    return settings


def _made(settings: Settings, core: Core) -> Any:
    """Return the application, imported by name because the first answers need not wait for it."""
    return import_module("gridgeo.app").create_app(settings, core)


def _settle() -> None:
    gc.collect()  # importing leaves forty megabytes of it
    gc.freeze()  # what stands now need not be gone through for garbage ever again
    gc.enable()


def _end_with(parent: BaseProcess | None) -> None:
    """Stop when the supervising process is gone, so that none of its workers keeps the port."""

    def wait(parent: BaseProcess) -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    if parent is not None:
        threading.Thread(target=wait, args=(parent,), daemon=True, name="supervisor watch").start()
