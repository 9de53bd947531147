"""The system account that runs PostgreSQL, which refuses to run as root."""

import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from gridgeo.db.binaries import ClusterError

Report = Callable[[str], None]
NAME = "postgres"


class Account:
    """Ourselves, or the system user `postgres` if we are root.

    Parameters
    ----------
    report : callable
        Told one line of text every few seconds while a program keeps us waiting.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    @property
    def uid(self) -> int:
        """User number that the server runs with."""
        return os.geteuid() if self._user is None else self._user.pw_uid

    def own(self, path: Path) -> None:
        """Give a file or folder to the account."""
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def may_enter(self, folder: Path) -> bool:
        """Return whether the account can reach what is in a folder."""
        return self._user is None or self.run(["test", "-x", str(folder)], check=False)[0] == 0

    def run(self, arguments: list[str], check: bool = True) -> tuple[int, str]:
        """Run a program as the account, in `/`; return its exit code and all it said.

        Raises
        ------
        ClusterError
            With what it said, if `check` and it failed.
        """
        with tempfile.TemporaryFile("w+") as output:
            code = self._wait(self._started(arguments, output.fileno()))
            output.seek(0)
            said = output.read().strip()
        if check and code != 0:
            raise ClusterError(f"{Path(arguments[0]).name} failed: {said[-2000:]}")
        return code, said

    @cached_property
    def _user(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(NAME)
        except KeyError:
            raise ClusterError(
                f"PostgreSQL does not run as root and there is no user `{NAME}`: "
                f"run `useradd --system {NAME}`"
            ) from None

    def _started(self, arguments: list[str], output: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            arguments,
            user=None if self._user is None else self._user.pw_uid,
            group=None if self._user is None else self._user.pw_gid,
            extra_groups=None if self._user is None else [],
            cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _wait(self, started: "subprocess.Popen[bytes]") -> int:
        begun = time.monotonic()
        while True:
            try:
                return started.wait(timeout=5)
            except subprocess.TimeoutExpired:
                elapsed_s = round(time.monotonic() - begun)
                self._report(f"still waiting ({elapsed_s} s)")
