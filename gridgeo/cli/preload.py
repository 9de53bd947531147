"""Imports, by being imported, what answers about points and what speaks HTTP.

The first workers of a server are forked from its supervisor, so that they have all that at once and
share its pages. Our metrics are not among it: they are bound to a process when they are imported.
"""

import gc
from importlib import import_module

NEEDED = (
    "gridgeo.dispatch.quick", "gridgeo.settings", "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl", "uvicorn.server", "uvloop",
)  # fmt: skip

gc.disable()  # modules stay: there is no garbage to look for
for name in NEEDED:
    import_module(name)
gc.freeze()  # nor later, which would write to pages that the workers share
gc.enable()
