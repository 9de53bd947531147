"""Plain functions as machine code: what Numba makes of them, kept on disk.

Numba is imported here, and only when something is compiled, because it needs more time than all
the rest of a start. It makes the copy on disk anew when the file of the function itself changes;
when only that of a helper does, `scripts/setup` removes the stale copy.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F, *helpers: Callable[..., Any]) -> F:
    """Return a function as machine code that holds no lock; it calls these helpers."""
    made: F = _compiled(function, helpers)
    return made


@cache
def _compiled(function: Callable[..., Any], helpers: tuple[Callable[..., Any], ...]) -> Any:
    for helper in helpers:
        _registered(helper)
    return import_module("numba").njit(cache=True, nogil=True, error_model="numpy")(function)


@cache
def _registered(helper: Callable[..., Any]) -> Any:
    return import_module("numba.extending").register_jitable(helper)
