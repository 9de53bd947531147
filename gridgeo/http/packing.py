"""Answers packed by gzip for those who want it; what comes packed, such as tiles, stays so."""

from starlette.middleware.gzip import GZipMiddleware, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

from gridgeo.tiles.packing import coding_of

MINIMUM_BYTES = 1024
LEVEL = 5


class PackAsAsked(GZipMiddleware):
    """Starlette's middleware looks for the word gzip alone; this one minds its weight too."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=MINIMUM_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and pack its answer if it is to be."""
        if scope["type"] == "http" and _refuses_gzip(scope):
            await IdentityResponder(self.app, self.minimum_size)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _refuses_gzip(scope: Scope) -> bool:
    accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
    return b"gzip" in accepted and coding_of(accepted, ("gzip",)) is None
