"""Exclusive grids of a version with the parties that answered for them then."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from gridgeo.errors import NotFound
from gridgeo.files.overlay_table import OverlayRow
from gridgeo.files.overlays import Answering, Overlay
from gridgeo.parties import store as parties
from gridgeo.parties.model import ResponsibilityRule
from gridgeo.units import store as units


def overlay_rows(conn: Connection[Any], at: str | None, kind: str | None) -> list[OverlayRow]:
    """Return the exclusive grids of the version that `at` names, in code order.

    Their parties are those of the instant, or of the last moment of the version; raises `NotFound`
    when there is none of a kind that was asked for.
    """
    version = units.resolve_version(conn, at).version
    found = units.exclusive_grids(conn, version, kind)
    if kind is not None and not found:
        there = sorted({grid.kind for _, grid, _ in units.exclusive_grids(conn, version)})
        raise NotFound(
            f"No exclusive grid is of the kind {kind!r}; the kinds are "
            f"{', '.join(there) or 'none'}.",
            key="kind",
            value=kind,
        )
    instant = _instant(conn, at, version)
    rules = parties.load_rule_set(conn, *parties.rule_set_at(conn, instant)).of_exclusive
    return [
        OverlayRow(Overlay(grid, _answering(rules.get(id_, ()))), area_m2)
        for id_, grid, area_m2 in found
    ]


def _instant(conn: Connection[Any], at: str | None, version: int) -> datetime:
    if at is not None and not units.is_version_number(at):
        return units.parse_instant(at)
    if version == units.resolve_version(conn).version:
        return datetime.now(UTC)
    return units.resolve_version(conn, str(version + 1)).valid_from


def _answering(rules: Iterable[ResponsibilityRule]) -> tuple[Answering, ...]:
    """Return the parties that rules name; a kind of party is no party of a file."""
    return tuple(
        Answering(
            rule.party.code, rule.party.name, rule.party.kind, rule.role, rule.party.contact,
            rule.category_scheme or "", rule.category or "",
        )
        for rule in rules
        if rule.party is not None
    )  # fmt: skip
