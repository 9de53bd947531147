"""`gridgeo tiles export` and `changed` on the tiny city."""

import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from gridgeo.cli.local import Local
from gridgeo.cli.tiles import app


@pytest.fixture
def run(city_db, tmp_path, monkeypatch):
    """Run a command on a copy of the tiny city."""
    Local(url=None, dsn=city_db, keys={}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_the_map_is_written_and_told_and_nothing_has_changed_since(run, tmp_path):
    out = tmp_path / "city.pmtiles"
    done = run("export", str(out), "--layers", "grid,road", "--maxzoom", "13", "--processes", "1")
    assert done.exit_code == 0
    size = out.stat().st_size / 1e6
    told = f"{out}: 5 tiles of map version 1, zoom 10 to 13, {size:.1f} MB\n"
    assert done.stdout == told
    assert "making tiles" in done.stderr
    changed = run("changed", "1", "--layers", "grid,road", "--processes", "1")
    assert (changed.exit_code, changed.stdout) == (0, "")


def test_an_update_says_since_when(run, tmp_path):
    out = tmp_path / "update.mbtiles"
    done = run("export", str(out), "--since", "1", "--layers", "grid", "--processes", "1")
    assert done.stdout.startswith(f"{out}: 0 tiles of map version 1 that changed since 1, ")


@pytest.mark.full
def test_killed_half_way_it_goes_on_by_several_processes_and_comes_out_the_same(run, tmp_path):
    whole, broken = tmp_path / "whole.mbtiles", tmp_path / "broken.mbtiles"
    assert run("export", str(whole), "--maxzoom", "18", "--processes", "1").exit_code == 0
    command = [sys.executable, "-m", "gridgeo.cli", "tiles", "export", str(broken)]
    command += ["--maxzoom", "18", "--processes", "2"]
    process = subprocess.Popen(command, start_new_session=True)
    stage = broken.with_name("broken.mbtiles.part")
    while not list(stage.glob("*.tiles")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    until_alone(process.pid)
    assert not broken.exists()
    again = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "going on" in again.stderr
    assert broken.read_bytes() == whole.read_bytes()


def until_alone(group):
    """Wait until no process is left of a group; the orphans end by themselves."""
    deadline = time.monotonic() + 20
    while True:
        try:
            os.killpg(group, signal.SIGURG)
        except ProcessLookupError:
            return
        assert time.monotonic() < deadline, "a process outlives its parent"
        time.sleep(0.1)
