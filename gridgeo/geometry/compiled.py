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


def compiled(
    function: F, *helpers: Callable[..., Any], bare: tuple[Callable[..., Any], ...] = ()
) -> F:
    """Return a function as machine code that holds no lock; it calls these helpers.

    Those that are `bare` make no array and hand none back, nor does what they call; so nobody
    counts there who holds an array, which in a loop that calls others takes half of the time.
    """
    made: F = _compiled(function, helpers, bare)
    return made


@cache
def _compiled(
    function: Callable[..., Any], helpers: tuple[Callable[..., Any], ...],
    bare: tuple[Callable[..., Any], ...],
) -> Any:  # fmt: skip
    for helper in helpers:
        _registered(helper, helper in bare)
    return import_module("numba").njit(cache=True, nogil=True, error_model="numpy")(function)


@cache
def _registered(helper: Callable[..., Any], is_bare: bool) -> Any:
    register = import_module("numba.extending").register_jitable
    return register(_nrt=False)(helper) if is_bare else register(helper)
