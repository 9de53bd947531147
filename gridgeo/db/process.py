"""Operating system processes, told apart from strangers that were given the same number later."""

import errno
import os
import subprocess
from pathlib import Path

PROC = Path("/proc")


def command(pid: int) -> str:
    """Return the command line of a process; empty if it has ended (also as a zombie)."""
    if (PROC / "self").exists():
        return _read(PROC / str(pid) / "cmdline").replace("\0", " ").strip()
    return _ps(pid, "command")


def identity(pid: int) -> str | None:
    """Return a text that no other process ever shares: its start on this boot; None if ended."""
    if not command(pid):
        return None
    if (PROC / "self").exists():
        boot = _read(PROC / "sys/kernel/random/boot_id").strip()
        fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
        return f"{boot}:{pid}:{fields[19]}" if fields else None
    return f"{pid}:{_ps(pid, 'lstart')}"


def exists(pid: int) -> bool:
    """Return whether any process has this number, ours or not."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM
    return True


def titled(prefix: str) -> list[int]:
    """Return the numbers of the processes whose command line starts with `prefix`, no order."""
    if (PROC / "self").exists():
        pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if command(pid).startswith(prefix)]
    rows = _run("ps", "-axo", "pid=,command=").splitlines()
    pairs = [row.strip().partition(" ") for row in rows]
    return [int(pid) for pid, _, text in pairs if text.strip().startswith(prefix)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _ps(pid: int, column: str) -> str:
    text = _run("ps", "-p", str(pid), "-o", f"{column}=").strip()
    return "" if "<defunct>" in text else text


def _run(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return done.stdout
