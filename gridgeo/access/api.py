"""The dependency that names the caller; it stands before every endpoint."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gridgeo.access import store
from gridgeo.access.model import ANONYMOUS, Caller, Permission
from gridgeo.db.connect import read_transaction

bearer = HTTPBearer(auto_error=False, description="A key made by `gridgeo keys create`.")


def name_caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Caller:
    """Return the caller of a request: anonymous, or the owner of the key it carries."""
    if credentials is None:
        caller = ANONYMOUS
    else:
        with read_transaction(request.app.state.pool) as conn:
            caller = store.caller_of(conn, credentials.credentials)
    request.state.caller = caller
    return caller


CallerDep = Annotated[Caller, Depends(name_caller)]


def requires(permission: Permission) -> Callable[[Caller], Caller]:
    """Return a dependency that lets only callers with a permission pass."""

    def check(caller: CallerDep) -> Caller:
        caller.require(permission)
        return caller

    return check
