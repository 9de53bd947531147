"""Is a rule document sound? Everything that is wrong with it or doubtful, each at its place."""

from datetime import datetime

from gridgeo.parties.calendars import Calendars
from gridgeo.parties.checks.conflicts import calendar_faults, rule_conflicts
from gridgeo.parties.checks.known import Known
from gridgeo.parties.checks.ownership import Owners, exclusive_faults
from gridgeo.parties.checks.references import References
from gridgeo.parties.checks.times import Clock
from gridgeo.parties.files.document import RuleDocument
from gridgeo.parties.files.tables import Fault


def validate(document: RuleDocument, known: Known, now: datetime) -> list[Fault]:
    """Return all that is wrong with a whole rule set, errors first.

    Parameters
    ----------
    document
        The whole set: tables that a file leaves out are filled with what holds already.
    known
        What it may name.
    now
        Rules whose time is over by then never decide again.

    Returns
    -------
    Faults of these kinds. Errors: unknown_unit, unknown_exclusive_grid, unknown_party,
    unknown_party_kind, unknown_category, unknown_mode, unknown_shift, unknown_asset, said_twice,
    superior_circle, tie, no_fallback, grid_without_party. Warnings: unreachable_rule, shift_hole,
    shift_overlap, category_without_owner, grid_without_lead.
    """
    changes = document.changes
    shifts = {calendar.code: calendar for calendar in changes.shifts}
    clock = Clock(Calendars(known.zone, shifts, changes.days))
    faults = [
        *References(document, known).faults(),
        *rule_conflicts(document, clock, now),
        *calendar_faults(document),
        *Owners(document, known, clock, now).faults(),
        *exclusive_faults(changes.rules, known),
    ]
    return sorted(faults, key=lambda fault: fault.severity)
