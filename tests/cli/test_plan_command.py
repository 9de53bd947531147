"""`gridgeo plan`: a plan from the draft to the map version and its papers, without a server."""

import json
from typing import get_args

import psycopg
import pytest
from shapely.geometry import box, mapping
from typer.main import get_command

from gridgeo.cli import main, plan
from gridgeo.cli.local import Local
from gridgeo.geometry.problem import ProblemKind
from gridgeo.plans.diff import Kind
from gridgeo.plans.model import NEXT_STATES
from gridgeo.plans.report_words import words
from gridgeo.units import store


class Command:
    """`gridgeo plan` in this process, on a database of its own."""

    def __init__(self, dsn, capsys):
        self.dsn, self._capsys, self.code = dsn, capsys, 0

    def __call__(self, *arguments):
        """Run it; returns what it printed."""
        with pytest.raises(SystemExit) as ended:
            main(["plan", *map(str, arguments)])
        self.code = int(ended.value.code or 0)
        out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err
        return out


@pytest.fixture
def command(city_db, tmp_path, monkeypatch, capsys):
    Local(None, city_db, {}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))
    return Command(city_db.owner, capsys)


@pytest.fixture
def cut(tiny_template, tmp_path):
    """A file with an edit that cuts a leaf, and a building in it, in two."""
    made = tiny_template.made
    leaf = next(u for u in made.leaves if u.level == "micro_grid")
    building = next(b for b in made.buildings if b.leaf_code == leaf.code)
    west, south, _, north = leaf.shape.bounds
    left = box(west - 1, south - 1, building.footprint.centroid.x, north + 1)
    edit = {
        "kind": "replace",
        "units": [
            {"code": leaf.code, "geometry": mapping(leaf.shape.intersection(left))},
            {"geometry": mapping(leaf.shape.difference(left))},
        ],
    }
    file = tmp_path / "cut.json"
    file.write_text(json.dumps(edit), encoding="utf-8")
    return file


def test_a_plan_goes_all_its_way_on_the_command_line(command, cut, tmp_path):
    assert command("new", "切一刀", "--document-no", "2026-17").strip() == "1"
    assert "revision 2" in command("edit", 1, cut)
    found = json.loads(command("problems", 1, "--json", "--geojson", tmp_path / "p.geojson"))
    assert (command.code, found["errors"] > 0) == (1, True)
    features = json.loads((tmp_path / "p.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == len(found["problems"])
    while found["errors"]:
        number = next(n for n, row in enumerate(found["problems"], 1) if row["mend"])
        command("edit", 1, "--mend", number)
        assert command.code == 0, command.err
        found = json.loads(command("problems", 1, "--json"))
    assert "devices" in command("impact", 1)
    assert json.loads(command("impact", 1, "--json"))["residents"]["total"] > 0
    assert "green" in command("balance", 1, "--level", "micro_grid")
    assert "created" in command("diff", 1)
    for step in ("submit", "approve"):
        command(step, 1, "--reason", "checked")
    assert "published as version 2" in command("publish", 1)
    assert "approve" in command("show", 1)
    rows = json.loads(command("list", "--state", "published", "--json"))
    assert [(row["plan_id"], row["published_version"]) for row in rows] == [(1, 2)]
    between = json.loads(command("diff", "--from", "1", "--to", "2", "--form", "json"))
    assert between["counts"]["created"] == 1
    with psycopg.connect(command.dsn) as conn:
        assert store.resolve_version(conn).document_no == "2026-17"


def test_what_is_undone_comes_back_and_a_stale_revision_is_refused(command, cut):
    command("new", "undo")
    command("edit", 1, cut)
    command("undo", 1)
    assert "0 unit(s) differ" in command("diff", 1)
    command("redo", 1)
    assert "created" in command("diff", 1)
    command("undo", 1, "--revision", 1)
    assert (command.code, "conflict" in command.err) == (1, True)
    assert "withdrawn" in command("withdraw", 1)
    assert "draft" in command("show", command("new", "other").strip())
    command("rebase", 2)
    assert command.code == 0


def test_several_edits_of_a_file_come_all_or_none(command, cut, tmp_path):
    command("new", "all or none")
    edit = json.loads(cut.read_text(encoding="utf-8"))
    both = tmp_path / "both.json"
    both.write_text(json.dumps([edit, {"kind": "move_vertex", "at": [0, 0], "to": [1, 1]}]))
    command("edit", 1, both)
    assert command.code != 0
    assert json.loads(command("show", 1, "--json"))["edits"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("problems", 9), "not_found"),
        (("edit", 1), "--mend"),
        (("edit", 1, "no such file.json"), "cannot be read"),
        (("edit", 1, "--mend", 5), "no problem 5"),
        (("diff",), "--from"),
        (("diff", 1, "--from", "x"), "against"),
        (("diff", 1, "--form", "pdf"), "--form"),
        (("list", "--state", "lost"), "states"),
        (("report", 1, "-o", "r.pdf"), ".html"),
        (("report", 1, "-o", "r.md", "--lang", "fr"), "--lang"),
        (("export", 1, "-o", "empty.gpkg"), "no leaf"),
        (("publish", 1), "state_conflict"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_1(command, arguments, said):
    command("new", "wrong")
    command(*arguments)
    assert (command.code, said in command.err) == (1, True), command.err


def test_an_exported_plan_comes_back_as_the_same_plan(command, cut, tmp_path, capsys):
    command("new", "out and back")
    command("edit", 1, cut)
    file = tmp_path / "plan.gpkg"
    assert "leaves of plan 1" in command("export", 1, "-o", file)
    with pytest.raises(SystemExit):
        main(["load", str(file), "--as-plan", "--title", "back"])
    capsys.readouterr()
    assert json.loads(command("diff", 2, "--from", "plan:1", "--form", "json"))["units"] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_holds_what_was_found(command, cut, tmp_path, lang):
    w = words(lang)
    command("new", "<b>road & rail | river</b>")
    command("edit", 1, cut)
    page = tmp_path / "plan.html"
    command("report", 1, "-o", page, "--lang", lang)
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;road &amp; rail | river&lt;/b&gt;" in text
    assert "<b>road" not in text
    for key in ("synthetic", "changes", "problems", "impact", "cuts_building", "map_says"):
        assert w[key] in text
    assert text.count("<path") >= 3
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    note = tmp_path / "plan.md"
    command("report", 1, "-o", note, "--lang", lang)
    assert "road & rail \\| river" in note.read_text(encoding="utf-8")


def test_the_report_has_a_word_for_everything_it_may_have_to_say():
    assert words("en").keys() == words("zh").keys()
    needed = {*get_args(ProblemKind), *NEXT_STATES, "error", "warning", "green", "amber", "red"}
    assert needed | {f"change_{kind}" for kind in get_args(Kind)} <= set(words("en"))


def test_every_command_has_an_example():
    for name, found in get_command(plan.app).commands.items():
        assert "Example: `gridgeo plan" in (found.help or ""), name
