"""Rule documents as text: rows know their lines, and cells stay what was written."""

import pytest

from gridgeo.errors import BadInput
from gridgeo.parties.files.tables import read_tables, write_folder, write_yaml

SHAPE = {"parties": ("code", "name"), "rules": ("key", "party", "weekdays")}

ROWS = {
    "parties": [("P1", '甲, "乙"'), ("06010", "line\nbreak"), ("no", "true"), ("0o7", "1e3")],
    "rules": [("r1", "P1", "mon;tue"), ("r2", "06010", "")],
}


def cells(tables):
    return {
        name: [tuple(row.cells.get(column, "") for column in SHAPE[name]) for row in rows]
        for name, rows in tables.items()
    }


@pytest.mark.parametrize("write", [write_folder, write_yaml])
def test_written_rows_are_read_back_as_the_same_text(write, tmp_path):
    path = tmp_path / ("rules.yaml" if write is write_yaml else "rules")
    write(path, SHAPE, ROWS)
    tables, faults = read_tables(path, SHAPE)
    assert (cells(tables), faults) == (ROWS, [])


def test_rows_of_csv_know_their_lines_also_after_a_break_within_a_cell(tmp_path):
    write_folder(tmp_path, SHAPE, ROWS)
    tables, _ = read_tables(tmp_path, SHAPE)
    assert [row.line for row in tables["parties"]] == [2, 3, 5, 6]
    assert {row.file for row in tables["parties"]} == {"parties.csv"}


def test_cells_of_yaml_know_their_lines_and_lists_become_one_cell(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n- key: r1\n  party: 06010\n\n  weekdays:\n  - mon\n  - tue\n")
    tables, faults = read_tables(file, SHAPE)
    [row] = tables["rules"]
    assert row.cells == {"key": "r1", "party": "06010", "weekdays": "mon;tue"}
    assert [row.line_of(key) for key in ("key", "party", "weekdays", "other")] == [2, 3, 5, 2]
    assert (set(tables), faults) == ({"rules"}, [])


@pytest.mark.parametrize("write", [write_folder, write_yaml])
def test_a_table_without_rows_is_there_and_one_left_out_is_not(write, tmp_path):
    path = tmp_path / ("rules.yaml" if write is write_yaml else "rules")
    write(path, {"rules": ("key",)}, {"rules": []})
    assert read_tables(path, SHAPE) == ({"rules": []}, [])


def test_csv_of_an_office_program_is_read_in_its_encoding(tmp_path):
    (tmp_path / "parties.csv").write_bytes("code,name\nP1,城管局\n".encode("gb18030"))
    tables, _ = read_tables(tmp_path, SHAPE)
    assert tables["parties"][0].cells["name"] == "城管局"


FAULTS = {
    "an unknown table": ("yaml", "partys: []", (1, "table", "partys")),
    "a table twice": ("yaml", "rules: []\nrules: []", (2, "table", "rules")),
    "a table that is no list": ("yaml", "rules: 5", (1, "rules", "5")),
    "an entry that is no mapping": ("yaml", "rules:\n- 5", (2, "rules", "5")),
    "an unknown column": ("yaml", "rules:\n- key: a\n  prty: b", (3, "column", "prty")),
    "a column twice": ("yaml", "rules:\n- key: a\n  key: b", (3, "column", "key")),
    "a value that is a mapping": ("yaml", "rules:\n- key: {a: b}", (2, "key", "")),
    "an unknown column of a csv": ("csv", "key,prty\na,b", (1, "column", "prty")),
    "a header that repeats": ("csv", "key,key\na,b", (1, "column", "key")),
    "a list within a list": ("yaml", "rules:\n- key: [[a]]", (2, "key", "")),
    "a csv without a header": ("csv", "", (1, "row", "")),
    "more cells than the header": ("csv", "key,party\na,b\nc,d,e", (3, "row", "e")),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_out_of_shape_is_told_with_line_key_and_value(case, tmp_path):
    form, text, expected = FAULTS[case]
    file = tmp_path / ("rules.yaml" if form == "yaml" else "rules.csv")
    file.write_text(text, encoding="utf-8")
    _, [fault] = read_tables(file if form == "yaml" else tmp_path, SHAPE)
    assert (fault.line, fault.key, fault.value) == expected
    assert fault.file == file.name
    assert str(fault).startswith(f"{file.name}:{expected[0]}: ")


def test_a_folder_with_another_table_says_which_there_are(tmp_path):
    (tmp_path / "party.csv").write_text("code\n")
    _, [fault] = read_tables(tmp_path, SHAPE)
    assert (fault.key, fault.value) == ("table", "party")
    assert "parties.csv" in fault.message


UNREADABLE = {
    "rules.yaml": (b"rules: [", "is no YAML"),
    "bytes.yaml": (b"rules: \xff\xff\x80", "is no text"),
    "null.yaml": (b"a: \0", "is no text"),
    "bell.yaml": (b"a: \x07", "is no YAML"),
    "list.yaml": (b"- a", "must be a mapping"),
    "empty.yaml": (b"", "must be a mapping"),
    "rules.txt": (b"a", "There is no rule document"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_rule_document_is_refused_as_a_whole(name, tmp_path):
    content, words = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=words):
        read_tables(tmp_path / name, SHAPE)


def test_a_cell_beyond_all_measure_is_refused(tmp_path):
    (tmp_path / "rules.csv").write_text("key\n" + "x" * 200_000)
    with pytest.raises(BadInput, match="is no CSV"):
        read_tables(tmp_path, SHAPE)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds none of"):
        read_tables(tmp_path, SHAPE)
