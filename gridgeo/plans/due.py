"""The small timer of each worker: a plan whose minute has come is published by whoever takes it."""

import logging
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psycopg
from psycopg.errors import QueryCanceled
from psycopg_pool import ConnectionPool, PoolTimeout

from gridgeo.db.connect import write_transaction
from gridgeo.errors import GridgeoError
from gridgeo.geometry.errors import GeometryError
from gridgeo.plans.steps import fail_due, publish_due, take_due
from gridgeo.units.publish import Follower

log = logging.getLogger("gridgeo")

PERIOD_S = 1.0


class DuePlans:
    """Looks every `period_s` whether a plan is due, and publishes it.

    What refuses a plan is kept with it, and it stays approved without a minute; when the database
    is away or busy, the plan stays due and is tried again. Enter it to start, leave it to stop.
    """

    def __init__(
        self, source: ConnectionPool, followers: Sequence[Follower], period_s: float = PERIOD_S
    ) -> None:
        self._source = source
        self._followers = followers
        self._period_s = period_s

    def __enter__(self) -> Self:
        """Start to look."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="due plans")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, once a publication that runs has come to its end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._period_s):
            try:
                while self.publish_next():
                    pass
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("due plans wait for the database", extra={"error": str(error)})

    def publish_next(self) -> bool:
        """Publish the plan that has been due for longest, or keep why not; False when none is.

        Raises
        ------
        psycopg.OperationalError, psycopg_pool.PoolTimeout
            The database is away or busy; the plan stays due.
        """
        with write_transaction(self._source) as conn:
            plan = take_due(conn)
            if plan is None:
                return False
            try:
                with conn.transaction():
                    done = publish_due(conn, plan, self._followers)
            except (GridgeoError, GeometryError, QueryCanceled) as error:
                fail_due(conn, plan, str(error))
                log.warning(
                    "a due plan was refused", extra={"plan": plan.plan_id, "error": str(error)}
                )
            except (psycopg.OperationalError, PoolTimeout):
                raise
            except Exception as error:  # whatever it is, it must not stop the plans after this one
                fail_due(conn, plan, f"a fault of the server: {error}")
                log.exception("a due plan failed", extra={"plan": plan.plan_id})
            else:
                log.info(
                    "a due plan is live",
                    extra={"plan": plan.plan_id, "version": done.published_version},
                )
        return True
