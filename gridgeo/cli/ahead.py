"""A process that imports what the first workers of a server need, while the server gets ready.

The workers are forked from it, so that each of them has all that at once, and they share its pages.
It runs the code of its beginning: a worker that replaces another is not forked from it.
"""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from typing import Any

_context = multiprocessing.get_context("forkserver")


def start() -> None:
    """Start to import."""
    _context.set_forkserver_preload(["gridgeo.cli.preload"])
    forkserver.ensure_running()


def forked(work: Callable[..., None], *given: Any) -> BaseProcess:
    """Return a process, not started yet, that does some work with the environment of this one."""
    return _context.Process(target=_run, args=(dict(os.environ), work, *given))


def _run(environment: Mapping[str, str], work: Callable[..., None], *given: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    work(*given)
