"""`gridgeo tiles build` on the tiny city."""

import pytest
from typer.testing import CliRunner

from gridgeo.cli.local import Local
from gridgeo.cli.tiles import app
from gridgeo.errors import UnknownKeyword
from gridgeo.tiles.drawn.kept import TileFiles


@pytest.fixture
def run(city_db, tmp_path, monkeypatch):
    """Run the command on a copy of the tiny city."""
    Local(url=None, dsn=city_db, keys={}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_the_map_is_drawn_once_and_kept(run, tmp_path):
    first = run("build")
    assert (first.exit_code, first.stdout) == (0, "version 1 is drawn\n")
    (path,) = (tmp_path / "index").glob("*.drawn")
    written = path.stat().st_mtime_ns
    again = run("build")
    assert (again.exit_code, again.stdout) == (0, "version 1 is drawn\n")
    assert path.stat().st_mtime_ns == written


def test_while_another_process_draws_there_is_nothing_to_do(run, tmp_path):
    with TileFiles(tmp_path / "index").turn() as is_ours:
        assert is_ours
        assert run("build").stdout == "nothing to draw now\n"


def test_the_database_may_be_named_by_the_environment(run, city_db, tmp_path, monkeypatch):
    (tmp_path / "local.json").unlink()
    monkeypatch.setenv("GRIDGEO_READER_DSN", city_db.reader[:])
    assert run("build").stdout == "version 1 is drawn\n"


def test_the_map_is_drawn_in_a_datum_beside_that_in_degrees(run, tmp_path):
    assert run("build", "--datum", "gcj02").stdout == "version 1 is drawn\n"
    assert len(list((tmp_path / "index" / "gcj02").glob("*.drawn"))) == 1
    assert list((tmp_path / "index").glob("*.drawn")) == []
    assert isinstance(run("build", "--datum", "tokyo").exception, UnknownKeyword)
