import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gridgeo.cli import server
from gridgeo.cli.local import Local, NotPrepared, ServerRecord
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.settings import Settings

URL = "http://127.0.0.1:1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path)


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_local_file_is_private_and_reads_back(settings: Settings) -> None:
    dsns = Dsns(*(Dsn.of(host="h", user=user, password="p") for user in "abc"))
    local = Local(URL, dsns, {"viewer": "key"})
    local.write(settings.local_file)
    assert Local.need(settings.local_file) == local
    assert settings.local_file.stat().st_mode & 0o777 == 0o600
    assert "key" not in repr(local).replace("keys", "")


def test_missing_local_file_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(NotPrepared, match="gridgeo up"):
        Local.need(settings.local_file)


def test_own_record_is_alive(settings: Settings) -> None:
    ServerRecord.of_this_process(URL, "gridgeo", "").write(settings.var_dir)
    found = server.running(settings)
    assert found is not None
    assert found.pid == os.getpid()


@pytest.mark.parametrize("text", ["", "7\n", "x\ny\nz\nw\nv\nu\n"])
def test_broken_record_is_no_server(settings: Settings, text: str) -> None:
    (settings.var_dir / "server.pid").write_text(text)
    assert server.running(settings) is None
    assert server.stop(settings) is False


def test_stop_never_touches_a_stranger_with_the_old_number(
    settings: Settings, stranger: "subprocess.Popen[bytes]"
) -> None:
    record = ServerRecord.of_this_process(URL, "gridgeo", "")
    replace(record, pid=stranger.pid).write(settings.var_dir)
    assert server.stop(settings) is False
    assert stranger.poll() is None
    assert not (settings.var_dir / "server.pid").exists()


def test_port_taken_by_another_program_is_passed_over(tmp_path: Path) -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        settings = Settings(var_dir=tmp_path, port=taken)
        assert server.choose_port(settings, told.append) > taken
        with pytest.raises(server.ServerError, match=f"{taken} is taken"):
            server.refuse_taken(settings, taken)
    assert any(str(taken) in text for text in told)
