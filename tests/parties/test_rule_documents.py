"""Rule documents: read, written, read again; and what is wrong with one, at its place."""

import pytest
from rule_texts import KNOWN, NOW, SOUND, ZONE

from gridgeo.parties.calendars import Shift, When
from gridgeo.parties.files.reading import read_document
from gridgeo.parties.files.writing import write_document
from gridgeo.parties.validate import validate


@pytest.fixture
def read(tmp_path):
    """Read a document from its text; the file is called rules.yaml."""

    def read(text):
        file = tmp_path / "rules.yaml"
        file.write_text(text, encoding="utf-8")
        return read_document(file, ZONE)

    return read


@pytest.fixture
def found(read):
    """All that is wrong with a text, as (kind, severity, line, key, value)."""

    def found(text):
        document, faults = read(text)
        faults = faults or validate(document, KNOWN, NOW)
        return [(f.kind, f.severity, f.line, f.key, f.value) for f in faults]

    return found


def test_the_sound_document_has_no_fault(found):
    assert found(SOUND) == []


def test_cells_become_values(read):
    changes = read(SOUND)[0].changes
    day, night = changes.shifts[0].shifts
    every_day = frozenset(range(1, 8))
    assert (day, night) == (
        Shift("day", every_day, 480, 1200),
        Shift("night", every_day, 1200, 480),
    )
    assert changes.rules[3].when == When(shift=("day", "day"))
    assert changes.rules[6].when.valid_from.isoformat() == "2025-12-31T16:00:00+00:00"
    assert changes.rules[5].tolerance_m == 2.5
    assert changes.replace and changes.parties[1].superior_code == "CITY"


@pytest.mark.parametrize("name", ["rules.yaml", "folder"])
def test_a_written_document_is_read_back_the_same(name, read, tmp_path):
    document, _ = read(SOUND)
    out = tmp_path / "out" / name
    out.parent.mkdir()
    write_document(out, document, ZONE)
    again, faults = read_document(out, ZONE)
    assert (again.changes, again.posts, faults) == (document.changes, document.posts, [])


def changed(old, new):
    assert SOUND.count(old) == 1, old
    return SOUND.replace(old, new)


BROKEN_CELLS = {
    "a party without a name": ("name: 一区环卫, ", "", 4, "name", ""),
    "a role that there is not": ("S1, unit: C}", "S1, unit: C, role: boss}", 7, "role", "boss"),
    "two places": ("TEAM, ex", "TEAM, unit: C, ex", 8, "exclusive_grid", "X"),
    "no time of day": ("'08:00', to: '20:00'", "'8am', to: '20:00'", 10, "from", "8am"),
    "an hour too many": ("to: '08:00'", "to: '25:00'", 11, "to", "25:00"),
    "a minute too many": ("to: '08:00'", "to: '07:60'", 11, "to", "07:60"),
    "a shift that begins at midnight's end": (
        "'20:00', to: '08:00'", "'24:00', to: '08:00'", 11, "from", "24:00"),
    "no weekday": (
        "shift: night", "shift: night, weekdays: [mon, moon]", 11, "weekdays", "mon;moon"),
    "no date": ("2026-10-01", "2026-13-01", 13, "date", "2026-13-01"),
    "no kind of day": ("day: holiday", "day: feast", 13, "day", "feast"),
    "a scheme without a class": ("scheme: s, category: '09', ", "scheme: s, ", 19, "category", ""),
    "a party and a kind": ("party: KNOWN", "party: KNOWN, party_kind: x", 19, "party_kind", "x"),
    "nobody": ("'09', party: KNOWN", "'09'", 19, "party_kind", ""),
    "a way of handling that there is not": ("escalated", "shouted", 19, "handling", "shouted"),
    "no whole number": ("priority: 5", "priority: high", 20, "priority", "high"),
    "a calendar without a shift": ("shift: day, priority", "priority", 20, "shift", ""),
    "no place": ("unit: D1, party: D1", "party: D1", 20, "asset_kind", ""),
    "two seconds": ("reports_to: S1", "reports_to: S1, reports_to_kind: a", 21,
                    "reports_to_kind", "a"),
    "an asset without tolerance": ("tolerance_m: 2.5, ", "", 22, "tolerance_m", ""),
    "too wide a tolerance": ("2.5", "501", 22, "tolerance_m", "501"),
    "a name without a kind of asset": (
        "unit: C, mode", "unit: C, asset_name: a, mode", 23, "asset_name", "a"),
    "validity upside down": ("2027-01", "2025-01", 23, "valid_to", "2025-01-01T00:00"),
    "no instant": ("2026-01-01,", "soon,", 23, "valid_from", "soon"),
    "no tree": ("mode: emergency", "mode: emergency, tree: oak", 23, "tree", "oak"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN_CELLS)
def test_a_cell_that_is_no_value_is_told_with_file_line_key_and_value(case, found):
    old, new, *place = BROKEN_CELLS[case]
    assert found(changed(old, new)) == [("invalid_value", "error", *place)]


BROKEN_NAMES = {
    "unknown_party": ("party: CITY, valid", "party: CTY, valid", 23, "party", "CTY"),
    "unknown_unit": ("unit: D1, party: D1", "unit: D9, party: D1", 20, "unit", "D9"),
    "unknown_exclusive_grid": ("TEAM, exclusive_grid: X", "TEAM, exclusive_grid: Y", 8,
                               "exclusive_grid", "Y"),
    "unknown_party_kind": ("party_kind: sanitation", "party_kind: police", 18, "party_kind",
                           "police"),
    "unknown_category": ("'06', party: S1", "'6', party: S1", 22, "category", "6"),
    "unknown_mode": ("mode: emergency", "mode: panic", 23, "mode", "panic"),
    "unknown_shift": ("day, shift: day, ref", "day, shift: noon, ref", 25, "shift", "noon"),
    "unknown_asset": ("asset_name: lamp 1", "asset_name: lamp 2", 22, "asset_name", "lamp 2"),
    "said_twice": ("days:\n", "days:\n- {date: 2026-10-01, day: workday}\n", 14, "date",
                   "2026-10-01"),
    "superior_circle": ("kind: ops_center}\n", "kind: ops_center, superior: CITY}\n", 2,
                        "superior", "CITY"),
    "tie": ("rules:\n", "rules:\n- {unit: C, party: S1}\n", 18, "party", "CITY"),
    "no_fallback": ("- {unit: C, party: CITY}", "- {unit: D2, party: CITY}", 0, "unit", "C"),
    "grid_without_party": ("{exclusive_grid: X, scheme: s, category: '06'",
                           "{unit: L3, scheme: s, category: '06'", 0, "exclusive_grid", "X"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN_NAMES)
def test_what_refuses_a_document_is_told_with_file_line_key_and_value(kind, found):
    old, new, *place = BROKEN_NAMES[kind]
    assert found(changed(old, new)) == [(kind, "error", *place)]


DOUBTS = {
    "shift_hole": ("to: '08:00'", "to: '07:00'", 10, "calendar", "day"),
    "shift_overlap": ("to: '20:00'", "to: '21:00'", 11, "shift", "night"),
    "grid_without_lead": ("category: '06', party_kind: team",
                          "category: '06', role: co_handler, party_kind: team", 0,
                          "exclusive_grid", "X"),
    "category_without_owner": ("category: '09', party: KNOWN",
                               "category: '09', mode: holiday, party: KNOWN", 0, "category",
                               "s:09"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOUBTS)
def test_what_is_doubtful_is_told_and_no_error(kind, found):
    old, new, *place = DOUBTS[kind]
    assert (kind, "warning", *place) in found(changed(old, new))
    assert {severity for _, severity, *_ in found(changed(old, new))} == {"warning"}


NEVER = {
    "its time is over": "{unit: L1, party: S1, valid_to: 2026-03-01}",
    "a weekend on a Monday": "{unit: L1, party: S1, day_kinds: weekend, weekdays: mon}",
    "another has a higher priority": "{unit: C, party: S1, priority: -1}",
    "a deputy of a lead that always holds": "{unit: C, party: S1, role: deputy}",
}  # fmt: skip


@pytest.mark.parametrize("case", NEVER)
def test_a_rule_that_never_decides_is_told(case, found):
    text = SOUND.replace("posts:\n", f"- {NEVER[case]}\nposts:\n")
    [(kind, severity, line, *_)] = found(text)
    assert (kind, severity, line) == ("unreachable_rule", "warning", 24)


AT_THEIR_TIME = {
    "shifts that follow one another": (
        "{unit: L1, party: S1, shift_calendar: day, shift: day}",
        "{unit: L1, party: TEAM, shift_calendar: day, shift: night}"),
    "workdays and holidays": ("{unit: L1, party: S1, day_kinds: workday}",
                              "{unit: L1, party: TEAM, day_kinds: holiday}"),
    "before and after": ("{unit: L1, party: S1, valid_to: 2026-05-01}",
                         "{unit: L1, party: TEAM, valid_from: 2026-05-01}"),
    "a priority decides": ("{unit: L1, party: S1, weekdays: mon}",
                           "{unit: L1, party: TEAM, day_kinds: workday, priority: 1}"),
    "a condition on time goes before none": ("{unit: L1, party: S1}",
                                             "{unit: L1, party: TEAM, day_kinds: holiday}"),
    "another mode": ("{unit: L1, party: S1}", "{unit: L1, party: TEAM, mode: holiday}"),
    "another tree": ("{unit: L1, party: S1}", "{unit: L1, party: TEAM, tree: legal}"),
}  # fmt: skip


@pytest.mark.parametrize("case", AT_THEIR_TIME)
def test_rules_that_give_way_to_one_another_do_not_tie(case, found):
    one, other = AT_THEIR_TIME[case]
    assert found(SOUND.replace("posts:\n", f"- {one}\n- {other}\nposts:\n")) == []


def test_rules_that_both_hold_for_some_minutes_tie(found):
    one = "{unit: L1, party: S1, weekdays: [mon, tue]}"
    other = "{unit: L1, party: TEAM, day_kinds: workday}"
    [(kind, *_)] = found(SOUND.replace("posts:\n", f"- {one}\n- {other}\nposts:\n"))
    assert kind == "tie"


def test_a_class_owned_district_by_district_or_shift_by_shift_has_an_owner(found):
    by_district = (
        "- {unit: D1, scheme: s, category: '09', party: KNOWN}\n"
        "- {unit: D2, scheme: s, category: '09', party: KNOWN, shift_calendar: day, shift: day}\n"
        "- {unit: L3, scheme: s, category: '09', party: KNOWN, shift_calendar: day, shift: night}\n"
    )
    line = "- {unit: C, scheme: s, category: '09', party: KNOWN, handling: escalated}\n"
    bare = found(changed(line, by_district))
    assert ("category_without_owner", "warning", 0, "category", "s:09") in bare
    whole = by_district.replace("unit: L3", "unit: D2")
    assert found(changed(line, whole)) == []


def test_a_class_of_another_scheme_is_owned_by_what_it_stands_for(found):
    line = "- {scheme: old, category: '0102', to_scheme: s, to_category: '06010'}"
    lost = found(changed(f"mappings:\n{line}\n", "mappings: []\n"))
    assert lost == [("category_without_owner", "warning", 0, "category", "old:0102")]
