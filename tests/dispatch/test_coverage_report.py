"""The coverage report equals asking every leaf, class and hour one by one."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
from databases import cloned
from msgspec.structs import replace

from gridgeo.dispatch.coverage_report import HOURS, cover
from gridgeo.dispatch.deciding import Desk
from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.locate.store import load_index
from gridgeo.parties.books import Books
from gridgeo.parties.calendars import When
from gridgeo.parties.load import document_of_set, load_document
from gridgeo.parties.written import NewRule
from gridgeo.units.store import resolve_version

WEEK = "2026-10-01"
S = "gbt47678"


@pytest.fixture(scope="module")
def desk(cluster, tiny_template):
    """The tiny city, where 06 is owned by day, 09 in one township, 07 on workdays below it."""
    with cloned(cluster, tiny_template.template) as dsns, psycopg.connect(dsns.app) as conn:
        live = document_of_set(conn)
        kept = [rule for rule in live.changes.rules if (rule.category or "")[:2] < "06"]
        city, district, town, village = (
            next(unit.code for unit in tiny_template.made.units if unit.level == level)
            for level in ("city", "district", "township", "community")
        )
        by_day, on_workdays = (
            When(shift=("grid_posts", "day")),
            When(day_kinds=frozenset({"workday"})),
        )
        told = [
            NewRule(f"U{city}", city, category_scheme=S, category="06", when=by_day),
            NewRule(None, district, category_scheme=S, category="06001", party_kind="sanitation"),
            NewRule(f"U{town}", town, category_scheme=S, category="09"),
            NewRule(f"U{town}", village, category_scheme=S, category="07", when=on_workdays),
        ]
        rules = dataclasses.replace(live.changes, rules=[*kept, *told])
        load_document(conn, dataclasses.replace(live, changes=rules), live, "test")
        book = Books().now(conn)
        yield Desk(load_index(conn, resolve_version(conn)), book, datetime(2026, 3, 2, tzinfo=UTC))


def hours_named(desk, leaf, category):
    """In how many hours a named owner answers, at a point of a leaf, exclusive grids aside."""
    monday = datetime(2026, 9, 28, tzinfo=desk.rules.calendars.zone)
    at = desk.city.leaves[leaf].representative_point()
    placement = replace(desk.city.place(at.x, at.y), exclusive=())
    quiet = replace(desk, book=replace(desk.book, assets=None))
    return sum(
        not replace(quiet, instant=monday + timedelta(hours=hour))
        .assigned(placement, category, S)
        .fallback
        for hour in range(HOURS)
    )


def test_the_report_is_the_mean_of_all_answers(desk):
    found = cover(desk, S, "community", WEEK)
    assert found.monday.isoformat() == "2026-09-28"
    homes = {code: row for row, (code, *_) in enumerate(found.units)}
    for category in ("06001", "07001", "09001"):
        named = np.zeros(len(homes))
        for leaf in desk.city.leaves:
            chain = {unit.level: unit.code for unit in desk.city.chain(leaf)}
            named[homes[chain["community"]]] += hours_named(desk, leaf, category) / HOURS
        column = found.shares[:, found.classes.index(category)]
        assert column == pytest.approx(named / found.leaves)


def test_sums_agree_however_they_are_taken(desk):
    found, by_district = cover(desk, S, "community", WEEK), cover(desk, S, "district", WEEK)
    weights = found.leaves / found.leaves.sum()
    assert weights @ found.by_unit == pytest.approx(found.total)
    assert found.hours.mean() == pytest.approx(found.total)
    assert by_district.total == pytest.approx(found.total)
    assert by_district.leaves.sum() == found.leaves.sum() == len(desk.city.leaves)
    assert 0.0 < found.total < 1.0
    document = found.document()
    assert document["named"] == pytest.approx(found.total, abs=1e-6)
    assert len(document["by_hour"]) == HOURS


def test_what_is_not_there_is_said(desk):
    with pytest.raises(UnknownKeyword, match="the schemes are"):
        cover(desk, "nonsense", "district")
    with pytest.raises(UnknownKeyword, match="of the level"):
        cover(desk, S, "planet")
    with pytest.raises(BadInput, match="is no date"):
        cover(desk, S, "district", "soon")
