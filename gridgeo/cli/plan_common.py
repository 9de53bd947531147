"""What the commands of `gridgeo plan` share: connections, options, and how a plan is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
import typer
from psycopg import Connection, IsolationLevel
from pydantic import BaseModel

from gridgeo.cli.local import Local
from gridgeo.plans.model import Plan
from gridgeo.settings import load_settings

ACTOR = "gridgeo plan"

PlanId = Annotated[int, typer.Argument(help="Number of the plan, as `gridgeo plan list` shows.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers.")]
Seen = Annotated[int | None, typer.Option("--revision", help="Refuse unless the plan is at it.")]


@contextmanager
def reading() -> Iterator[Connection[Any]]:
    """Lend a connection whose statements all see one instant and may not write."""
    with psycopg.connect(Local.need(load_settings().local_file).dsn.reader) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        yield conn


def writing() -> Connection[Any]:
    """Return a connection that, as a context, commits at its end, or nothing after an error."""
    return psycopg.connect(Local.need(load_settings().local_file).dsn.app)


def say(plan: Plan) -> None:
    """Print in one line how a plan stands."""
    to = f" as version {plan.published_version}" if plan.published_version else ""
    at = f", to be published at {plan.publish_at.isoformat()}" if plan.publish_at else ""
    typer.echo(f"plan {plan.plan_id} is {plan.state}{to}{at} (revision {plan.revision})")


def dump(answer: BaseModel) -> None:
    """Print an answer as the API gives it."""
    typer.echo(answer.model_dump_json(by_alias=True))
