"""The tests' own databases: a run that was killed leaves nothing behind for long."""

import os
import subprocess
import sys
from pathlib import Path

from databases import OWNER, PREFIX, sweep

from gridgeo.db import process


def folder_of(temporary: Path, name: str, pid: int, identity: str) -> Path:
    folder = temporary / f"{PREFIX}{name}"
    folder.mkdir()
    (folder / OWNER).write_text(f"{pid}\n{identity}")
    return folder


def test_a_killed_run_is_cleared_away_and_a_living_one_stays(tmp_path: Path) -> None:
    own = process.identity(os.getpid())
    assert own is not None
    command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        ended = process.identity(other.pid)
        assert ended is not None
        other.kill()
    living = folder_of(tmp_path, "living", os.getpid(), own)
    killed = folder_of(tmp_path, "killed", other.pid, ended)
    begun = tmp_path / f"{PREFIX}begun"
    begun.mkdir()
    sweep(tmp_path)
    assert (living.exists(), killed.exists(), begun.exists()) == (True, False, True)
