import json
import subprocess
import sys
from pathlib import Path

import pytest

from gridgeo.cli import VERBS, main


def run(*arguments: str, var_dir: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gridgeo.cli", *arguments],
        env={"PATH": "/usr/bin:/bin", "GRIDGEO_VAR_DIR": str(var_dir), "GRIDGEO_PORT": "18999"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


@pytest.mark.parametrize("verb", ["up", "down", "prepare", "serve", "doctor"])
def test_help_of_a_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert f"gridgeo {verb}" in capsys.readouterr().out


def test_doctor_tells_each_problem_and_its_remedy(tmp_path: Path) -> None:
    done = run("doctor", "--json", var_dir=tmp_path)
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 1
    assert checks["python"]["ok"]
    assert not checks["cluster"]["ok"]
    assert all(check["ok"] or check["remedy"] for check in checks.values())


def test_serve_before_prepare_is_one_sentence(tmp_path: Path) -> None:
    done = run("serve", var_dir=tmp_path)
    assert done.returncode == 1
    assert "gridgeo up" in done.stderr
    assert "Traceback" not in done.stderr


def test_down_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    done = run("down", var_dir=tmp_path)
    assert done.returncode == 0
    assert "no server was running" in done.stdout
