from rule_texts import SOUND, ZONE

from gridgeo.parties.files.difference import Difference, differences
from gridgeo.parties.files.reading import read_document
from gridgeo.parties.files.writing import document_tables


def tables_of(text, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    document, faults = read_document(file, ZONE)
    assert faults == []
    return document_tables(document.changes, document.posts, ZONE)


def test_a_document_does_not_differ_from_itself_in_another_order(tmp_path):
    before = tables_of(SOUND, tmp_path)
    turned = {table: rows[::-1] for table, rows in before.items()}
    assert differences(before, turned) == []


def test_what_changed_is_told_by_table_once_for_each_row(tmp_path):
    before = tables_of(SOUND, tmp_path)
    moved = SOUND.replace("priority: 5", "priority: 6").replace("days:\n", "days:\n- ")
    moved = moved.replace("- - {date: 2026-10-01, day: holiday}\n", "").replace("days:", "days: []")
    after = tables_of(moved, tmp_path)
    days, rules = differences(before, after)
    assert days == Difference("days", [("2026-10-01", "holiday")], [])
    assert rules.told(rules.gone) == [
        {"unit": "D1", "role": "lead", "party": "D1", "shift_calendar": "day", "shift": "day",
         "priority": "5"}
    ]  # fmt: skip
    assert [row["priority"] for row in rules.told(rules.come)] == ["6"]
    twice = {**before, "rules": [*before["rules"], before["rules"][0]]}
    assert differences(before, twice) == [Difference("rules", [], [before["rules"][0]])]
