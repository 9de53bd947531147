"""What a city refuses while an edit is drawn, instead of keeping it among the plan's problems."""

from collections.abc import Mapping
from typing import Any, get_args

from psycopg import Connection

from gridgeo.errors import BadInput
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.problem import ProblemKind
from gridgeo.plans.model import Plan, PlanMap
from gridgeo.plans.problems import find
from gridgeo.plans.replays import Replays
from gridgeo.plans.store import draw, get_plan, map_of
from gridgeo.units.model import Profile


def add_edit(
    conn: Connection[Any],
    plan_id: int,
    kind: str,
    params: Mapping[str, Any],
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Append an edit to a draft, as `store.draw` and `require_allowed` let it.

    In the caller's transaction: refused, it leaves nothing behind only if that is rolled back.
    """
    kept = Replays() if replays is None else replays
    before = map_of(conn, get_plan(conn, plan_id, lock=True), kept)
    plan, after = draw(conn, plan_id, kind, params, actor, revision, kept)
    require_allowed(conn, before, after)
    return plan


def require_allowed(conn: Connection[Any], before: PlanMap, after: PlanMap) -> None:
    """Refuse an edit by which a problem comes that the profile's table `edits` names in `refuse`.

    Raises
    ------
    EditRefused
        By the first such problem; `problems` has them all.
    BadInput
        The profile names what is no kind of problem.
    """
    kinds = _refused_kinds(after.profile)
    if not kinds:
        return
    known = {(f.problem.kind, f.problem.codes) for f in find(conn, before)}
    new = [
        f.problem
        for f in find(conn, after)
        if f.problem.kind in kinds and (f.problem.kind, f.problem.codes) not in known
    ]
    if new:
        first = new[0]
        message = f"{first.message}; the city's profile lets no edit do so, draw it another way"
        raise EditRefused(
            first.kind, message, lon=first.lon, lat=first.lat, codes=first.codes,
            problems=tuple(new),
        )  # fmt: skip


def _refused_kinds(profile: Profile) -> set[str]:
    kinds = set(profile.document.get("edits", {}).get("refuse", ()))
    unknown = sorted(kinds - set(get_args(ProblemKind)))
    if unknown:
        raise BadInput(
            f"The city profile's edits.refuse names {unknown[0]!r}, which is no kind of problem; "
            f"the kinds are {', '.join(get_args(ProblemKind))}.",
            key="edits.refuse",
            value=unknown[0],
        )
    return kinds
