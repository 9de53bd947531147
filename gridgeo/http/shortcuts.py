"""A way around the framework for questions that need none of it.

Router, middleware and dependencies cost more than the answer to a plain question. A shortcut sees
such a request first; what it does not answer takes the usual way.
"""

import logging
import time
from collections.abc import Callable, Sequence

from starlette.types import Scope

from gridgeo.http.observe import noted, request_id_of
from gridgeo.http.origins import HEADERS

Header = tuple[bytes, bytes]

Answer = tuple[int, list[Header], bytes]
"""Status, headers and body."""

Shortcut = Callable[[Scope], Answer | None]
"""Returns an answer, and then leaves its route in the scope; or None.

Of the scope it may read type, method, path, query_string and headers. It runs in the event loop: it
must neither wait nor compute for long, nor log.
"""

PASSED_ON = "gridgeo.passed_on"
"""Stands in the scope of a request that the shortcuts were asked and do not answer."""

log = logging.getLogger("gridgeo")


class AtOnce:
    """Answers what its shortcuts can; such answers get an id, a log line and a count like all."""

    def __init__(self) -> None:
        self.shortcuts: Sequence[Shortcut] = ()

    def answered(self, scope: Scope, write: Callable[[Answer], None]) -> bool:
        """Write the answer to a request if a shortcut has it, and say whether one had.

        A request that was passed on once is passed on again: nobody looks for an answer twice.
        """
        if PASSED_ON in scope:
            return False
        began = time.perf_counter()
        answer = self._answer(scope)
        if answer is None:
            scope[PASSED_ON] = True
            return False
        request_id = request_id_of(scope)
        answer[1].append((b"x-request-id", request_id.encode()))
        answer[1].extend(HEADERS)
        write(answer)
        noted(scope, request_id, answer[0], time.perf_counter() - began)
        return True

    def _answer(self, scope: Scope) -> Answer | None:
        try:
            for shortcut in self.shortcuts:
                answer = shortcut(scope)
                if answer is not None:
                    return answer
        except Exception:  # the endpoint is asked then, and tells the client what is wrong
            log.exception("a shortcut failed", extra={"path": scope["path"]})
        return None
