"""gridgeo: one city, one grid map; every point has one grid and one party that answers for it.

From Python: `Client` asks a server, `open_city` and `place_frame` work in this process; errors are
`GridgeoError`. They are read when first used, so that `import gridgeo` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridgeo.client import Client
    from gridgeo.errors import GridgeoError
    from gridgeo.locate.frame import open_city, place_frame

__version__ = "0.1.0"

__all__ = ["Client", "GridgeoError", "__version__", "open_city", "place_frame"]

_HOMES = {
    "Client": "gridgeo.client",
    "GridgeoError": "gridgeo.errors",
    "open_city": "gridgeo.locate.frame",
    "place_frame": "gridgeo.locate.frame",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gridgeo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
