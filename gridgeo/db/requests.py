"""A database connection for the length of one endpoint: reading one instant, or writing at once."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from psycopg import Connection

from gridgeo.db.connect import read_transaction, write_transaction


def reading(request: Request) -> Iterator[Connection[Any]]:
    """Lend a connection whose statements all see one instant."""
    with read_transaction(request.app.state.read_pool) as conn:
        yield conn


def writing(request: Request) -> Iterator[Connection[Any]]:
    """Lend a connection that commits when the endpoint returns, before the answer is sent."""
    with write_transaction(request.app.state.pool) as conn:
        yield conn


Reading = Annotated[Connection[Any], Depends(reading, scope="function")]
Writing = Annotated[Connection[Any], Depends(writing, scope="function")]
