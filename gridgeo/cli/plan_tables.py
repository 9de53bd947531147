"""Plans and what is found about them, as tables for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gridgeo.cli.tables import folding_table
from gridgeo.plans.api import PlanAnswer, PlanDetail
from gridgeo.plans.diff import Changed, Page, counts
from gridgeo.plans.review_answers import (
    BalanceAnswer,
    ImpactAnswer,
    LevelBalanceAnswer,
    MovesAnswer,
    ProblemsAnswer,
    StandingAnswer,
    TallyAnswer,
)

SHOWN = 50
COLOURS = {"error": "red", "warning": "yellow", "red": "red", "amber": "yellow", "green": "green"}


def console() -> Console:
    """Return where tables go."""
    return Console(soft_wrap=False, highlight=False)


def show_plans(plans: Sequence[PlanAnswer]) -> None:
    """Print plans, newest first."""
    table = folding_table("plan", "state", "on version", "revision", "title", "by", "changed")
    for plan in plans:
        state = (
            plan.state if plan.published_version is None else f"version {plan.published_version}"
        )
        changed = f"{plan.updated_at:%Y-%m-%d %H:%M}"
        row = (plan.plan_id, state, plan.base_version, plan.revision, plan.title, plan.created_by)
        table.add_row(*(escape(str(cell)) for cell in row), changed)
    console().print(table)


def show_plan(plan: PlanDetail) -> None:
    """Print one plan with its edits and its steps."""
    show_plans([plan])
    table = folding_table("edit", "kind", "by", "at")
    for edit in plan.edits:
        table.add_row(
            str(edit.seq), edit.kind, escape(edit.actor), f"{edit.created_at:%m-%d %H:%M}"
        )
    if plan.edits:
        console().print(table)
    for step in plan.history:
        reason = f": {step.reason}" if step.reason else ""
        console().print(escape(f"{step.taken_at:%m-%d %H:%M} {step.step} by {step.actor}{reason}"))
    console().print(f"next: {', '.join(plan.steps) or 'nothing, it has ended'}")


def show_problems(answer: ProblemsAnswer) -> None:
    """Print problems by number, errors first, and which of them have a mend."""
    if not answer.problems:
        console().print("[green]nothing stands against this plan[/]")
        return
    table = folding_table("no", "severity", "kind", "lon, lat", "what", "mend")
    for number, row in enumerate(answer.problems[:SHOWN], start=1):
        colour = COLOURS[row.severity]
        place = f"{row.lon:.7f}, {row.lat:.7f}"
        mend = "" if row.mend is None else str(row.mend["kind"])
        table.add_row(
            str(number), f"[{colour}]{row.severity}[/]", row.kind, place, escape(row.message), mend
        )
    console().print(table)
    console().print(f"{answer.errors} error(s), {answer.warnings} warning(s)")
    if len(answer.problems) > SHOWN:
        console().print(f"The first {SHOWN} are shown; --json or --geojson has them all.")


def show_balance(answer: BalanceAnswer) -> None:
    """Print each level: the city before and after, then the units listed."""
    for level in answer.levels:
        console().print(
            f"[bold]{level.level}[/]: {level.measure} {level.least:g} to {level.most:g}; "
            f"the city has {_tally(level.before)}, with the plan {_tally(level.after)}"
        )
        if level.units:
            console().print(_balance_table(level))


def _tally(tally: TallyAnswer) -> str:
    return f"{tally.green} green, {tally.amber} amber, {tally.red} red of {tally.units}"


def _balance_table(level: LevelBalanceAnswer) -> Table:
    table = folding_table("code", "name", "before", "after")
    for unit in level.units[:SHOWN]:
        sides = (_standing(side, level.measure) for side in (unit.before, unit.after))
        table.add_row(unit.code, escape(unit.name), *sides)
    if len(level.units) > SHOWN:
        table.caption = f"{len(level.units) - SHOWN} more; --json has them all"
    return table


def _standing(side: StandingAnswer | None, measure: str) -> str:
    if side is None:
        return ""
    value = f"{side.households}" if measure == "households" else f"{side.area_m2:,.0f} m2"
    return f"[{COLOURS[side.status]}]{value}[/]"


def show_impact(answer: ImpactAnswer) -> None:
    """Print who moves, from whom to whom."""
    table = folding_table("what", "from", "to", "number")
    for what, flow in moved(answer):
        for move in flow.moves[:SHOWN]:
            ends = (move.from_code or "outside", move.to_code or "outside")
            table.add_row(what, *ends, str(move.count))
    for row in answer.households[:SHOWN]:
        sides = ("" if side is None else str(side) for side in (row.before, row.after))
        table.add_row("households of " + row.code, *sides, "")
    if table.row_count:
        console().print(table)
    console().print(", ".join(f"{flow.total} {what}" for what, flow in moved(answer)) + " move")


def moved(answer: ImpactAnswer) -> Iterator[tuple[str, MovesAnswer]]:
    """Yield what is counted in words, and who moves."""
    yield "devices", answer.devices
    yield "events", answer.events
    yield "events of the last year", answer.year_events
    yield "open events", answer.open_events
    yield "open events by party", answer.parties
    yield "households by their entrance", answer.residents
    yield "duty posts", answer.duty_posts


def show_diff(page: Page, changed: Sequence[Changed]) -> None:
    """Print what becomes of each unit, and the ground that goes from one to another."""
    table = folding_table("code", "level", "name", "change", "m2 before", "m2 after")
    for shown in page.shown[:SHOWN]:
        unit = shown.changed.unit
        areas = ("" if m2 is None else f"{m2:,.1f}" for m2 in (shown.old_m2, shown.new_m2))
        words = ", ".join(shown.changed.kinds)
        table.add_row(shown.changed.code, unit.level, escape(unit.name), words, *areas)
    console().print(table)
    for move in page.moves[:SHOWN]:
        console().print(f"{move.area_m2:14,.2f} m2  {move.from_code} -> {move.to_code}")
    words = ", ".join(f"{number} {kind}" for kind, number in counts(changed).items())
    console().print(f"{len(changed)} unit(s) differ: {words or 'none'}")
