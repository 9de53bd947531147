"""Which city this checkout serves: each one has a database of its own in our cluster.

So a small city keeps answering while a large one is made beside it, and going back costs nothing.
A database given by `GRIDGEO_DATABASE_URL` is one city's alone.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import typer

from gridgeo.cli.local import Local

City = Literal["small", "zhengzhou", "stress", "none"]

FIRST: City = "small"
DATABASES: Mapping[City, str] = {
    "none": "gridgeo",
    "small": "gridgeo_small",
    "zhengzhou": "gridgeo_zhengzhou",
    "stress": "gridgeo_stress",
}

CityOption = Annotated[
    City | None,
    typer.Option(
        help="Which city: small is one district, zhengzhou the whole city, stress the whole city "
        "with 107,158 micro-grids, none an empty map for your own. Each has its own database. "
        f"Without it: the one served last, at first {FIRST}.",
        show_default=False,
    ),
]


def served(local: Local | None) -> City:
    """Return the city that this checkout serves, at first the small one."""
    name = None if local is None else local.dsn.app.parameters.get("dbname")
    found = (city for city, database in DATABASES.items() if database == name)
    return next(found, FIRST if local is None else "none")
