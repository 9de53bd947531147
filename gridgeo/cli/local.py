"""What this installation remembers in `var/`: `local.json`, and the server that it runs."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gridgeo.db import process
from gridgeo.db.dsn import Dsn, Dsns
from gridgeo.errors import Unavailable
from gridgeo.settings import PREFIX, ROOT

CODE_FOLDERS = ("gridgeo", "migrations", "tiles")


class NotPrepared(Unavailable):
    """There is no `local.json` yet."""

    code = "not_prepared"


@dataclass(frozen=True)
class Local:
    """The content of `local.json`: for people and scripts on this machine (mode 0600).

    Attributes
    ----------
    url : str or None
        Where the server answers; None before its first start.
    dsn : Dsns
        Connection strings by database role.
    keys : dict of str to str
        An API key for each role: viewer, dispatcher, planner, analyst, operator.
    """

    url: str | None
    dsn: Dsns
    keys: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """Return what the file holds, None if there is no such file."""
        if not file.is_file():
            return None
        found = json.loads(file.read_text())
        dsns = Dsns(**{role: Dsn(text) for role, text in found["dsn"].items()})
        return cls(found["url"], dsns, found["keys"])

    @classmethod
    def need(cls, file: Path) -> Self:
        """Return what the file holds.

        Raises
        ------
        NotPrepared
            If there is no such file; says what to do.
        """
        found = cls.read(file)
        if found is None:
            raise NotPrepared(f"{file} is missing: run `gridgeo up` (or `gridgeo prepare`) first")
        return found

    def write(self, file: Path) -> None:
        """Write the file anew, readable for its owner only."""
        roles = {"owner": self.dsn.owner, "app": self.dsn.app, "reader": self.dsn.reader}
        write_private(
            file, json.dumps({"url": self.url, "dsn": roles, "keys": self.keys}, indent=1) + "\n"
        )


@dataclass(frozen=True)
class ServerRecord:
    """The content of `server.pid`: number, identity, URL, code, database, settings; one a line.

    `code` is the fingerprint of the files that the server runs, `settings` that of the environment
    variables it was started with.
    """

    pid: int
    identity: str
    url: str
    code: str
    database: str
    settings: str

    @classmethod
    def read(cls, var_dir: Path) -> Self | None:
        """Return the record, None if no server was started or the file is broken."""
        file = var_dir / "server.pid"
        lines = file.read_text().splitlines() if file.is_file() else []
        if len(lines) != 6 or not lines[0].isdigit():
            return None
        return cls(int(lines[0]), *lines[1:])

    @classmethod
    def of_this_process(cls, url: str, database: str, settings: str) -> Self:
        """Return the record of ourselves."""
        identity = process.identity(os.getpid()) or ""
        return cls(os.getpid(), identity, url, code_fingerprint(), database, settings)

    @property
    def is_alive(self) -> bool:
        """Whether that very process runs, not another that was given its number."""
        return process.identity(self.pid) == self.identity

    def write(self, var_dir: Path) -> None:
        """Write `server.pid`."""
        lines = (
            str(self.pid), self.identity, self.url, self.code, self.database, self.settings,
        )  # fmt: skip
        write_private(var_dir / "server.pid", "\n".join(lines) + "\n")


def write_private(file: Path, text: str) -> None:
    """Replace a file in one step by one that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    draft.replace(file)


def code_fingerprint() -> str:
    """Return a hash of names, sizes and times of the files a running server was started from."""
    files = sorted(
        path
        for folder in CODE_FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    )
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return _fingerprint(stats)


def settings_fingerprint() -> str:
    """Return a hash of our environment variables, without the port, which the URL tells."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    ours.pop(f"{PREFIX}PORT", None)
    return _fingerprint(sorted(ours.items()))


def _fingerprint(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
