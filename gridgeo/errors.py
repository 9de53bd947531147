"""The errors a caller may meet, drawn as a tree, and the one table of their HTTP statuses.

A defect in data is a `Problem` (geometry/problem.py), not an exception; what geometry itself
refuses is drawn in geometry/errors.py. Every error carries a
stable `code` for programs, a sentence for people, and, where one input is to blame, its key and
value.

    GridgeoError
    ├── BadInput             invalid_input         the caller must change the request
    │   ├── SwappedAxes      swapped_axes          lon and lat look exchanged
    │   ├── UnknownKeyword   unknown_value         a word outside a fixed list
    │   └── TooLarge         too_large             over a stated limit
    ├── NotFound             not_found             nothing by that code, id or version
    ├── Unauthorised         unauthorised          no key, or one that is not valid
    ├── Forbidden            forbidden             the key's role may not do this
    ├── Conflict             conflict              the state of things refuses it
    │   ├── VersionConflict  version_conflict      the map has moved on since the plan was drawn
    │   ├── StateConflict    state_conflict        e.g. publishing a plan that is withdrawn
    │   ├── Locked           locked                somebody else holds this part of the map
    │   ├── EdgeConflict     edge_conflict         a plan and the live map changed the same border
    │   └── DuplicateEvent   duplicate_event       same key, different content
    ├── Refused              refused               a law of the map would be broken; has problems
    └── Unavailable          unavailable           not there yet: the database, the map ...
"""

from collections.abc import Sequence
from typing import Any


class GridgeoError(Exception):
    """Base of all errors that reach a caller.

    Parameters
    ----------
    detail : str
        One sentence: what is wrong and what to do next.
    key, value : str, optional
        The input to blame and what it held.
    problems : sequence of dict, optional
        Located defects behind a refusal.
    """

    code = "error"

    def __init__(
        self,
        detail: str,
        *,
        key: str | None = None,
        value: object = None,
        problems: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.key = key
        self.value = None if value is None else str(value)[:200]
        self.problems = tuple(problems)


class BadInput(GridgeoError):
    """The request itself must change."""

    code = "invalid_input"


class SwappedAxes(BadInput):
    """Longitude and latitude look exchanged."""

    code = "swapped_axes"


class UnknownKeyword(BadInput):
    """A word outside a fixed list (level, layer, category ...)."""

    code = "unknown_value"


class TooLarge(BadInput):
    """More than a stated limit allows."""

    code = "too_large"


class NotFound(GridgeoError):
    """Nothing carries that code, id or version."""

    code = "not_found"


class Unauthorised(GridgeoError):
    """No key was given, or it is unknown, expired or revoked."""

    code = "unauthorised"


class Forbidden(GridgeoError):
    """The caller's role may not do this."""

    code = "forbidden"


class Conflict(GridgeoError):
    """The present state refuses the request."""

    code = "conflict"


class VersionConflict(Conflict):
    """The live map has moved on since the plan was drawn."""

    code = "version_conflict"


class StateConflict(Conflict):
    """The thing is not in a state from which this step is allowed."""

    code = "state_conflict"


class Locked(Conflict):
    """Somebody else holds this part of the map; the message says who."""

    code = "locked"


class EdgeConflict(Conflict):
    """A plan and a version published since have changed the same border; `problems` shows it."""

    code = "edge_conflict"


class DuplicateEvent(Conflict):
    """The same channel and external id came again with other content."""

    code = "duplicate_event"


class Refused(GridgeoError):
    """A law of the map would be broken; `problems` says where."""

    code = "refused"


class Unavailable(GridgeoError):
    """The database, the first map version or a drawing of it is not there yet.

    Parameters
    ----------
    detail, key, value
        As of every error.
    retry_after_s : int, optional
        After so long it is worth asking again, where waiting alone helps.
    """

    code = "unavailable"

    def __init__(
        self,
        detail: str,
        *,
        key: str | None = None,
        value: object = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail, key=key, value=value)
        self.retry_after_s = retry_after_s


STATUS: dict[type[GridgeoError], int] = {
    BadInput: 400,
    TooLarge: 413,
    NotFound: 404,
    Unauthorised: 401,
    Forbidden: 403,
    Conflict: 409,
    Refused: 422,
    Unavailable: 503,
    GridgeoError: 500,
}


def status_of(error: GridgeoError) -> int:
    """Return the HTTP status of an error: that of its nearest ancestor in `STATUS`."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
