"""The law of one owner over the demo city: point, class and minute by chance."""

from datetime import UTC, datetime

import numpy as np
import psycopg
import pytest
import shapely
from databases import cloned
from msgspec.structs import replace

from gridgeo.dispatch.deciding import Desk
from gridgeo.dispatch.model import Matter, assign
from gridgeo.dispatch.rule_arrays import Spans
from gridgeo.dispatch.rule_table import Located, RuleTable
from gridgeo.locate.model import Placement
from gridgeo.locate.store import load_head
from gridgeo.parties.book import LegalLink
from gridgeo.parties.books import Books
from gridgeo.parties.calendars import ModePeriod, minute_of

YEAR = minute_of(datetime(2026, 1, 1, tzinfo=UTC))
DAWN, NOW = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def read(cluster, template):
    """The city and its book, with an event zone in its middle and an emergency in a township.

    By law the township belongs to the city itself.
    """
    with cloned(cluster, template) as dsns, psycopg.connect(dsns.app) as conn:
        city, book = load_head(conn), Books().now(conn)
        classes = [None, *book.rules.categories.parents]
    west, south, east, north = city.bounds
    middle = shapely.box(*(np.array([west, south, east, north]) * 0.6
                           + np.array([east, north, west, south]) * 0.4))  # fmt: skip
    township = next(unit.unit_id for unit in city.units.values() if unit.level == "township")
    periods = (
        ModePeriod(1, "major_event", DAWN, area=middle),
        ModePeriod(2, "emergency", DAWN, unit_ids=frozenset({township})),
    )
    legal = (LegalLink(township, city.root.unit_id, 1, None),)
    return city, replace(book, periods=periods, legal=legal), classes


def spans(lists):
    starts = np.concatenate(([0], np.cumsum([len(one) for one in lists]))).astype(np.int64)
    return Spans(starts, np.array([n for one in lists for n in one], dtype=np.int64))


class Asked:
    """Points, classes and minutes by chance, with what is around each."""

    def __init__(self, city, book, classes, number):
        dice = np.random.default_rng(6)
        west, south, east, north = city.bounds
        self.lon, self.lat = dice.uniform(west, east, number), dice.uniform(south, north, number)
        self.categories = dice.integers(len(classes), size=number)
        self.minutes = YEAR + dice.integers(365 * 1440, size=number)
        self.classes, self.city, self.book = classes, city, book
        self.leaves = city.index.locate(self.lon, self.lat).astype(np.int64)
        self.exclusive = [
            city.exclusive_at(lon, lat)
            for lon, lat in zip(self.lon.tolist(), self.lat.tolist(), strict=True)
        ]
        self.chains = {
            leaf: city.chain(leaf) if leaf >= 0 else () for leaf in np.unique(self.leaves).tolist()
        }
        self.modes = [self.modes_of(row) for row in range(number)]
        self.rows = [
            book.assets.rows_near(lon, lat)
            for lon, lat in zip(self.lon.tolist(), self.lat.tolist(), strict=True)
        ]

    def modes_of(self, row):
        units = frozenset(unit.unit_id for unit in self.chains[int(self.leaves[row])])
        return self.book.modes_on(self.lon[row], self.lat[row], units, NOW)

    def located(self):
        mode_sets = list(dict.fromkeys(self.modes))
        return Located(
            self.leaves, self.categories, self.classes, self.minutes,
            spans([[grid.exclusive_id for grid in grids] for grids in self.exclusive]),
            mode_sets, np.array([mode_sets.index(modes) for modes in self.modes]),
            spans([[asset for _, asset in one] for one in self.rows]),
            np.array([metres for one in self.rows for metres, _ in one]),
        )  # fmt: skip

    def twin(self, desk, row, decided):
        """Return what `assign` says of one, remembering what it was asked before."""
        matter, minute = self.classes[self.categories[row]] or (None, None), int(self.minutes[row])
        leaf, over, modes = int(self.leaves[row]), self.exclusive[row], self.modes[row]
        key = leaf, over, modes, matter, self.book.holding(minute), self.reached(row)
        if key not in decided:
            chain = self.chains[leaf]
            where = Placement(
                float(self.lon[row]), float(self.lat[row]), self.city.version,
                chain[-1] if chain else None, chain, over, None, None, "sure", (),
            )  # fmt: skip
            asked, around = Matter(matter[1], matter[0], minute), desk.around(where, NOW)
            found = assign(where, self.book.rules, self.city.root, asked, around)
            decided[key] = found.rule_id, found.party.party_id
        return decided[key]

    def reached(self, row):
        """Return the assets near one, each with the rules whose tolerance reaches it."""
        rules = self.book.assets.rules
        return tuple(
            (asset, tuple(rule.rule_id for rule in rules[asset] if metres <= rule.tolerance_m))
            for metres, asset in self.rows[row]
        )


def one_owner_each(cluster, template, number):
    city, book, classes = read(cluster, template)
    asked = Asked(city, book, classes, number)
    legal = book.legal_parents(city.version.version)
    table = RuleTable(book.rules, city.units, city.exclusive, legal, book.assets.rules)
    found = table.assign_many(asked.located())
    assert (found.party_ids > 0).all()
    decided, desk = {}, Desk(city, book)
    twins = [asked.twin(desk, row, decided) for row in range(number)]
    pairs = np.column_stack((found.rule_ids, found.party_ids))
    assert (pairs == np.array(twins)).all()
    return len({rule for rule, _ in twins}), len(decided)


def test_some_thousand_points_classes_and_minutes_have_one_lead_each(cluster, tiny_template):
    rules, decisions = one_owner_each(cluster, tiny_template.template, 1_500)
    assert rules > 50 and decisions > 700


@pytest.mark.full
def test_a_million_points_classes_and_minutes_have_one_lead_each(cluster, small_template):
    rules, decisions = one_owner_each(cluster, small_template.template, 1_000_000)
    assert rules > 50 and decisions > 100_000
