"""Pages of other hosts may read the map (CORS); a key comes by header, never by cookie.

Only GET and HEAD are allowed so: what changes something is asked for by our own page or a program.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

EXPOSED = ("ETag", "Link", "Retry-After", "X-Request-Id")

HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
]
"""What an answer says that does not pass the middleware."""

PREFLIGHT_S = 86_400
"""So long a browser needs not ask again."""


class OpenToAll(CORSMiddleware):
    """Starlette's middleware for what this service allows."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_S,
        )
