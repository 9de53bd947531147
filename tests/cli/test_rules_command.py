"""`gridgeo rules` on the tiny city: a broken document changes nothing, a sound one is live."""

import csv
import json
import time
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree

import psycopg
import pytest
from databases import cloned
from typer.testing import CliRunner

from gridgeo.cli.local import Local
from gridgeo.cli.rules import app
from gridgeo.errors import BadInput, Unavailable
from gridgeo.parties.changing import publish_changes
from gridgeo.parties.files.writing import write_document
from gridgeo.parties.load import document_of_set
from gridgeo.parties.store import city_zone
from gridgeo.parties.written import CategoryMapping, ChangeSet


@pytest.fixture(scope="module")
def read_only_city(cluster, tiny_template):
    """A copy of the tiny city for the tests that change nothing."""
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture
def dsns(request):
    """Of the city that a test runs on; one that changes something asks for its own."""
    return request.getfixturevalue(getattr(request, "param", "read_only_city"))


own_city = pytest.mark.parametrize("dsns", ["city_db"], indirect=True)


@pytest.fixture
def run(dsns, tmp_path, monkeypatch):
    """Run a verb on the tiny city; gives exit code and output."""
    Local(url=None, dsn=dsns, keys={}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout

    return run


@pytest.fixture
def asked(run):
    """The same with --json; gives exit code and document."""

    def asked(*arguments):
        code, text = run(*arguments, "--json")
        return code, json.loads(text)

    return asked


@pytest.fixture
def state(dsns):
    """All that a load may write, to compare."""

    def state():
        with psycopg.connect(dsns.reader) as conn:
            return [
                conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("rule_set", "responsibility_rule", "party", "party_attachment",
                              "shift_calendar", "calendar_day", "category_mapping", "duty_post")
            ]  # fmt: skip

    return state


@pytest.fixture(scope="module")
def first_export(read_only_city, tmp_path_factory):
    """The rules of the tiny city as a folder, to copy."""
    folder = tmp_path_factory.mktemp("rules") / "city-rules"
    with psycopg.connect(read_only_city.reader) as conn:
        write_document(folder, document_of_set(conn), city_zone(conn))
    return folder


@pytest.fixture
def exported(first_export, tmp_path):
    """The rules of the tiny city as a folder."""
    return copytree(first_export, tmp_path / "city-rules")


def rewrite(folder, table, change):
    """Read a table, let a function change its rows in place, and write it again."""
    file = folder / f"{table}.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    change(rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, reader.fieldnames)
        writer.writeheader()
        writer.writerows(rows)


def test_the_live_rules_are_clean(asked):
    assert asked("check") == (0, {"errors": 0, "warnings": 0, "problems": []})


@own_city
def test_what_was_exported_differs_in_nothing_and_loads_as_the_same(run, asked, exported, state):
    before = state()
    assert asked("diff", "live", exported) == (0, {})
    code, done = asked("load", exported, "--dry-run")
    assert (code, done) == (
        0, {"outcome": "checked", "rule_set": None, "problems": [], "changes": []},
    )  # fmt: skip
    assert state() == before
    assert asked("load", exported, "--note", "again")[1]["rule_set"] == 2
    assert state()[1:] == before[1:]
    again = exported.with_name("again.yaml")
    assert run("export", again)[0] == 0
    with pytest.raises(BadInput, match="--overwrite"):
        run("export", again)
    assert run("export", again, "--overwrite")[0] == 0
    assert asked("diff", again, exported) == (0, {})


BROKEN = {
    "party": ("rules", "party", "nobody"),
    "unit": ("rules", "unit", "nowhere"),
    "role": ("rules", "role", "boss"),
    "mode": ("rules", "mode", "panic"),
    "priority": ("rules", "priority", "high"),
    "valid_from": ("rules", "valid_from", "tomorrow"),
    "tree": ("rules", "tree", "oak"),
    "handling": ("rules", "handling", "shouted"),
    "weekdays": ("rules", "weekdays", "moonday"),
    "attachment": ("attachments", "party", "nobody"),
    "shift": ("shifts", "from", "8 o'clock"),
    "day": ("days", "date", "2026-02-30"),
    "mapping": ("mappings", "to_category", "000"),
    "post": ("posts", "shift_calendar", "never"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_changes_nothing_and_names_file_line_key_and_value(
    case, asked, exported, state
):
    table, key, value = BROKEN[case]
    before = state()

    def spoil(rows):
        rows[0][key] = value
        if table == "posts":
            rows[0]["shift"] = "day"

    rewrite(exported, table, spoil)
    code, done = asked("load", exported)
    assert (code, done["outcome"]) == (1, "refused")
    first = done["problems"][0]
    assert (first["file"], first["line"], first["key"], first["value"]) == (
        f"{table}.csv", 2, key, value,
    )  # fmt: skip
    assert state() == before


def test_what_is_no_document_is_said_with_exit_code_2(run, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("rules: [")
    assert run("load", broken)[0] == 2
    assert run("check", tmp_path / "none")[0] == 2
    assert run("test", broken)[0] == 2


@own_city
def test_a_changed_rule_is_tried_told_and_made_live(run, asked, exported):
    place = ("--lon", 113.605, "--lat", 34.705, "--category", "06010")
    before = asked("explain", *place)[1] | {"at": ""}
    district = before["party"].partition("-")[0].removeprefix("D")

    def give_to_the_office(rows):
        [rule] = [r for r in rows if (r["scheme"], r["category"]) == ("gbt47678", "06010")]
        rule.update(party=f"U{district}", party_kind="")

    rewrite(exported, "rules", give_to_the_office)
    assert asked("explain", *place, "--rules", exported)[1]["party"] == f"U{district}"
    assert asked("explain", *place)[1] | {"at": ""} == before
    code, found = asked("diff", "live", exported)
    assert (code, list(found)) == (1, ["rules"])
    assert found["rules"]["come"][0]["party"] == f"U{district}"
    text = run("load", exported, "--note", "order 12")[1]
    assert "rules: 1 gone, 1 come" in text and "live as rule set 2" in text
    after = asked("explain", *place)[1]
    assert (after["party"], after["rule_set"]) == (f"U{district}", 2)
    shown = asked("show")[1]
    assert (shown["rule_set"], shown["note"]) == (2, "order 12")
    assert asked("diff", "1", "2")[0] == 1


def test_show_lists_the_rules_that_bear_on_a_unit(run, asked):
    every = asked("show")[1]
    assert len(every["rules"]) == every["rows"]["rules"]
    unit = asked("explain", "--lon", 113.605, "--lat", 34.705)[1]["unit"]
    rules = asked("show", "--unit", unit)[1]["rules"]
    assert 0 < len(rules) < len(every["rules"])
    assert all(unit.startswith(rule["unit"].rstrip("0")) for rule in rules)
    assert "rule set 1 since" in run("show", "--unit", unit)[1]


CASES = """
cases:
- name: the centre answers outside the city
  at: 2026-11-18T10:00
  lon: 113.5990
  lat: 34.7020
  expect_reason: outside_city
- name: the moon answers inside
  at: 2026-11-18T10:00
  lon: 113.605
  lat: 34.705
  category: '06010'
  expect_party: MOON
- name: somewhere else
  at: 2026-11-18T10:00
  unit: nowhere
  expect_party: MOON
"""


def test_cases_that_fail_are_told_with_line_answer_and_trace(run, asked, tmp_path):
    file = tmp_path / "cases.yaml"
    file.write_text(CASES, encoding="utf-8")
    code, done = asked("test", file)
    assert (code, done["cases"]) == (1, 3)
    inside, elsewhere = done["failed"]
    assert (inside["line"], inside["answered"]["expect_kind"]) == (8, "sanitation")
    assert [row["outcome"] for row in inside["trace"]][-1] == "decides"
    assert elsewhere["missed"][0]["expectation"] == "unit" and elsewhere["answered"] is None
    text = run("test", file)[1]
    assert "MOON" in text and "cases.yaml:8" in text and "1 of 3 cases pass" in text
    file.write_text(CASES[: CASES.index("- name: the moon")], encoding="utf-8")
    assert "1 of 1 cases pass" in run("test", file)[1]
    assert asked("test", file) == (0, {"rule_set": 1, "cases": 1, "failed": []})


def test_a_table_of_cases_with_a_fault_is_told_and_nothing_asked(asked, tmp_path):
    file = tmp_path / "cases.yaml"
    file.write_text(CASES.replace("113.605", "east"), encoding="utf-8")
    code, found = asked("test", file)
    [problem] = found["problems"]
    assert (code, problem["line"], problem["key"], problem["value"]) == (2, 10, "lon", "east")


def test_an_explanation_is_for_people_too(run):
    text = run("explain", "--lon", 113.605, "--lat", 34.705, "--category", "06010")[1]
    assert "decides" in text and "speak of other matters" in text
    with pytest.raises(BadInput, match="--unit"):
        run("explain", "--lon", 113.605)


def test_coverage_counts_leaves_classes_and_hours(run, asked, tmp_path):
    found = asked("coverage", "--week", "2026-11-18", "--csv", tmp_path / "c.csv")[1]
    assert (found["named"], found["hours"], found["week_of"]) == (1.0, 168, "2026-11-16")
    assert {row["named"] for row in found["by_class"]} == {1.0}
    with (tmp_path / "c.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(found["by_unit"]) * found["classes"]
    assert "have a named owner" in run("coverage", "--level", "community")[1]


def test_coverage_tells_what_only_the_fallback_answers(asked, exported):
    def only_by_day(rows):
        for rule in rows:
            if (rule["scheme"], rule["category"]) in (("gbt47678", "06010"), ("gbt47678", "06")):
                rule.update(shift_calendar="grid_posts", shift="day")

    rewrite(exported, "rules", only_by_day)
    found = asked("coverage", "--rules", exported)[1]
    by_class = {row["category"]: row["named"] for row in found["by_class"]}
    assert by_class["06010"] == 0.5
    assert by_class["09001"] == 1.0
    night, day = found["by_hour"][3], found["by_hour"][12]
    assert night < day == 1.0
    code, checked = asked("check", exported)
    kinds = {problem["kind"] for problem in checked["problems"]}
    assert (code, kinds) == (0, {"category_without_owner"})
    assert asked("check", exported, "--strict")[0] == 1


@own_city
def test_a_load_waits_for_another_change_of_rules_and_loses_nothing_of_it(run, dsns, exported):
    """The document holds one table; what the other change says of another must stay."""
    for file in exported.glob("*.csv"):
        if file.stem != "days":
            file.unlink()
    rewrite(exported, "days", lambda rows: rows.pop())
    with psycopg.connect(dsns.app) as other, ThreadPoolExecutor(1) as pool:
        mapping = CategoryMapping("example12345", "010402", "gbt47678", "09009")
        publish_changes(other, ChangeSet(mappings=[mapping]), "other")
        loading = pool.submit(run, "load", exported)
        wait_for_a_waiting_lock(dsns)
        other.commit()
        assert loading.result()[0] == 0
    with psycopg.connect(dsns.reader) as conn:
        changes = document_of_set(conn).changes
        before = document_of_set(conn, 1).changes
    assert len(changes.days) == len(before.days) - 1
    assert mapping in changes.mappings and mapping not in before.mappings


def wait_for_a_waiting_lock(dsns):
    with psycopg.connect(dsns.owner, autocommit=True) as conn:
        asked = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        while not conn.execute(asked).fetchone()[0]:
            time.sleep(0.02)


@pytest.mark.parametrize("dsns", ["db"], indirect=True)
@pytest.mark.parametrize("verb", ["check", "show", "coverage", "export"])
def test_without_a_map_it_is_said_what_to_do(verb, run, tmp_path):
    with pytest.raises(Unavailable, match=r"gridgeo (up|load)"):
        run(verb, *([tmp_path / "out"] if verb == "export" else []))
