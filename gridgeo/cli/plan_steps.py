"""`gridgeo plan submit`, `approve`, `reject`, `withdraw`, `publish`, `rebase`."""

from typing import Annotated, Literal

import typer

from gridgeo.app import plan_followers
from gridgeo.cli.plan_common import ACTOR, PlanId, Seen, say, writing
from gridgeo.plans import steps
from gridgeo.plans.rebase import rebase
from gridgeo.units.store import parse_instant

app = typer.Typer()

Reason = Annotated[str, typer.Option(help="Why; kept with the plan.")]


def _step(
    plan_id: int,
    step: Literal["submit", "approve", "reject", "withdraw"],
    revision: int | None,
    reason: str,
) -> None:
    with writing() as conn:
        say(steps.take_step(conn, plan_id, step, ACTOR, revision, reason))


@app.command()
def submit(plan_id: PlanId, revision: Seen = None, reason: Reason = "") -> None:
    """Hand a draft in for approval. Example: `gridgeo plan submit 1`."""
    _step(plan_id, "submit", revision, reason)


@app.command()
def approve(plan_id: PlanId, revision: Seen = None, reason: Reason = "") -> None:
    """Approve a plan that was submitted. Example: `gridgeo plan approve 1`."""
    _step(plan_id, "approve", revision, reason)


@app.command()
def reject(plan_id: PlanId, revision: Seen = None, reason: Reason = "") -> None:
    """Send a plan back to draft. Example: `gridgeo plan reject 1 --reason "cuts a school"`."""
    _step(plan_id, "reject", revision, reason)


@app.command()
def withdraw(plan_id: PlanId, revision: Seen = None, reason: Reason = "") -> None:
    """Give a plan up. Example: `gridgeo plan withdraw 1`."""
    _step(plan_id, "withdraw", revision, reason)


@app.command()
def publish(
    plan_id: PlanId,
    at: Annotated[
        str | None, typer.Option(help="An instant to come, with its offset; at once without.")
    ] = None,
    document_no: Annotated[
        str | None, typer.Option(help="On which document; that of the plan without.")
    ] = None,
    revision: Seen = None,
) -> None:
    """Publish an approved plan as the next map version, at once or at a set instant.

    Example: `gridgeo plan publish 1 --document-no "2026-17"`
    """
    with writing() as conn:
        if at is None:
            plan = steps.publish_plan(conn, plan_id, plan_followers(), ACTOR, revision, document_no)
        else:
            when = parse_instant(at)
            plan = steps.schedule_plan(conn, plan_id, when, ACTOR, revision, document_no)
    say(plan)


@app.command("rebase")
def rebase_(plan_id: PlanId, revision: Seen = None) -> None:
    """Bring a draft to the live map; a border that both changed is a conflict.

    Example: `gridgeo plan rebase 1`
    """
    with writing() as conn:
        say(rebase(conn, plan_id, ACTOR, revision))
