import sys
from pathlib import Path

import pytest

import gridgeo
from gridgeo.db.sql import statement


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "some_capability" / "sql"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "some_capability", raising=False)
    return folder


def test_statement_is_the_file_without_its_comments(package: Path) -> None:
    (package / "find.sql").write_text("-- 100 % of it\n\nSELECT 1\n  -- by id\nWHERE %(id)s;\n")
    expected = b"/* some_capability:find */ SELECT 1\nWHERE %(id)s"
    assert statement("some_capability", "find") == expected


@pytest.mark.parametrize("text", ["", "-- nothing", "SELECT 1;\nSELECT 2;"])
def test_a_file_holds_exactly_one_statement(package: Path, text: str) -> None:
    (package / "odd.sql").write_text(text)
    with pytest.raises(ValueError, match="exactly one statement"):
        statement("some_capability", "odd")


def test_a_missing_file_is_named(package: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.sql"):
        statement("some_capability", "none")


def test_every_statement_of_the_service_can_be_loaded() -> None:
    root = Path(gridgeo.__file__).parent
    for file in root.glob("**/sql/*.sql"):
        name = ".".join(("gridgeo", *file.parent.parent.relative_to(root).parts))
        assert statement(name, file.stem)
