"""Publishing the exclusive grids that `gridgeo load --overlay` read, with those who answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.cli.load_publish import ACTOR
from gridgeo.cli.load_report import LoadReport
from gridgeo.files.overlays import Answering, Overlay
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.problem import Problem
from gridgeo.parties import changing
from gridgeo.parties import store as parties
from gridgeo.parties.model import Party
from gridgeo.parties.written import NewParty, NewRule
from gridgeo.units import store as units
from gridgeo.units.publish import Record, publish

KIND = "exclusive_grid_party"
"""The kind of a party that the file says nothing of."""

TOLD = ("name", "kind", "contact")


def publish_overlays(
    conn: Connection[Any], overlays: Sequence[Overlay], note: str, report: LoadReport
) -> int | None:
    """Publish exclusive grids as the next version, and their parties as the next rule set.

    The grids must be new and touch the city. A party that is there stays as it is, and the file
    must not say otherwise. A grid without any party gets one of its own name, as a co-handler: it
    leads in nothing until a rule says so.
    """
    units.lock_map_exclusive(conn)
    head = units.resolve_version(conn)
    report.where = {overlay.grid.code: overlay.where for overlay in overlays}
    answered = [overlay if overlay.parties else _with_own_party(overlay) for overlay in overlays]
    codes = sorted({party.code for overlay in answered for party in overlay.parties})
    known = parties.parties_by_code(conn, codes)
    report.problems += _misplaced(conn, overlays, head.version)
    report.problems += _contradicted(answered, known)
    report.problems += _of_no_matter(conn, answered)
    if report.problems:
        return None
    record = Record(actor=ACTOR, base=head.version, note=note)
    grids = Delta({}, {overlay.grid.code: overlay.grid for overlay in overlays})
    version = publish(conn, Delta(), FOLLOWERS, record, exclusive=grids).version
    new = _new_parties(answered, known)
    changing.publish_rules(conn, new, _rules(answered), ACTOR, "parties of overlays", keep=True)
    report.notes += _notes(overlays)
    return version


def _with_own_party(overlay: Overlay) -> Overlay:
    grid = overlay.grid
    own = Answering(f"E{grid.code}", grid.name, KIND, role="co_handler")
    return replace(overlay, parties=(own,))


def _new_parties(overlays: Iterable[Overlay], known: Mapping[str, Party]) -> list[NewParty]:
    """Return the parties that are not there yet, with all that the file tells of each."""
    told: dict[str, NewParty] = {}
    for overlay in overlays:
        for party in overlay.parties:
            if party.code not in known:
                first = told.get(party.code, NewParty(party.code, "", "", "", True))
                told[party.code] = NewParty(
                    party.code, first.name or party.name, first.kind or party.kind,
                    first.contact or party.contact, first.synthetic and overlay.grid.synthetic,
                )  # fmt: skip
    return [
        replace(party, name=party.name or party.code, kind=party.kind or KIND)
        for party in told.values()
    ]


def _rules(overlays: Iterable[Overlay]) -> list[NewRule]:
    return [
        NewRule(
            party.code, exclusive_code=overlay.grid.code, category_scheme=party.scheme or None,
            category=party.category or None, role=party.role,
        )
        for overlay in overlays
        for party in overlay.parties
    ]  # fmt: skip


def _notes(overlays: Sequence[Overlay]) -> list[str]:
    bare = sum(not overlay.parties for overlay in overlays)
    headless = sum(
        bool(overlay.parties) and all(party.role != "lead" for party in overlay.parties)
        for overlay in overlays
    )
    notes = []
    if bare:
        notes.append(
            f"{bare} exclusive grids came without a party: each has one of its own name, as a "
            "co-handler"
        )
    if headless:
        notes.append(f"{headless} exclusive grids have no party that leads: territory decides")
    return notes


# --- what stands against it --------------------------------------------------------------------


def _problem(overlay: Overlay, message: str) -> Problem:
    at = overlay.grid.shape.representative_point()
    return Problem("invalid", (overlay.grid.code,), at.x, at.y, message)


def _misplaced(
    conn: Connection[Any], overlays: Sequence[Overlay], version: int
) -> Iterator[Problem]:
    """Exclusive grids whose code is taken, and those outside the city."""
    taken = units.exclusive_ids(conn, [overlay.grid.code for overlay in overlays])
    root = units.root_unit(conn, version)
    for overlay in overlays:
        if overlay.grid.code in taken:
            code = overlay.grid.code
            yield _problem(overlay, f"an exclusive grid carries the code {code!r} already")
        elif not overlay.grid.shape.intersects(root.shape):
            yield _problem(overlay, "it lies outside the city")


def _contradicted(overlays: Sequence[Overlay], known: Mapping[str, Party]) -> Iterator[Problem]:
    """Parties of which the file tells otherwise than the database, or than itself before."""
    for field in TOLD:
        told = {code: (getattr(party, field), "the database") for code, party in known.items()}
        for overlay in overlays:
            for party in overlay.parties:
                value = getattr(party, field)
                before, where = told.get(party.code, (value, ""))
                if value and value != before:
                    yield _problem(
                        overlay,
                        f"party {party.code!r} has the {field} {value!r} here, but {before!r} in "
                        f"{where}; say the same, or leave it empty",
                    )
                elif value:
                    told.setdefault(party.code, (value, overlay.where))


def _of_no_matter(conn: Connection[Any], overlays: Sequence[Overlay]) -> Iterator[Problem]:
    """Parties that shall answer for a class of matters that there is not."""
    classes = {(row["scheme"], row["code"]) for row in parties.list_categories(conn)}
    for overlay in overlays:
        for party in overlay.parties:
            if party.category and party.matter not in classes:
                yield _problem(
                    overlay,
                    f"party {party.code!r}: the scheme {party.scheme!r} has no category "
                    f"{party.category!r}; GET /categories lists them",
                )
