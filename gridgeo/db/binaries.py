"""Find the programs of a PostgreSQL installation on this machine."""

import functools
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gridgeo.errors import Unavailable

OLDEST = 15
PATTERNS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class ClusterError(Unavailable):
    """The private cluster cannot be made or started; the text says what to do next."""

    code = "cluster"


@dataclass(frozen=True)
class Binaries:
    """The folder of one PostgreSQL installation's programs, and its major version."""

    folder: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)

    @property
    def postgis_library(self) -> str | None:
        """Name of the library of the PostGIS that is installed for this version; None without."""
        asked = subprocess.run(
            [self["pg_config"], "--sharedir"], capture_output=True, text=True, check=True
        )
        control = Path(asked.stdout.strip()) / "extension" / "postgis.control"
        if not control.is_file():
            return None
        named = re.search(r"^module_pathname *= *'\$libdir/(.+)'", control.read_text(), re.M)
        return named[1] if named else None


@functools.cache
def find_binaries(major: int | None = None) -> Binaries:
    """Return the newest installation, 15 or later, that has PostGIS.

    Parameters
    ----------
    major : int, optional
        Only this version: the one that an existing cluster was made with.

    Raises
    ------
    ClusterError
        If there is none; the text holds the command that installs it.
    """
    found = [b for b in _installed() if b.major >= OLDEST and major in (None, b.major)]
    if not found:
        wanted = f"PostgreSQL {major or f'{OLDEST} or later'}"
        raise ClusterError(f"{wanted} is not installed: run {install_command(major)}")
    for binaries in sorted(found, key=lambda b: b.major, reverse=True):
        if binaries.postgis_library is not None:
            return binaries
    newest = max(b.major for b in found)
    raise ClusterError(
        f"PostGIS is not installed for PostgreSQL {newest}: run {install_command(newest)}"
    )


def install_command(major: int | None = None) -> str:
    """Return the command by which this machine's package manager installs what is missing."""
    if sys.platform == "darwin":
        return "`brew install postgresql@17 postgis`"
    if major is None:
        return "`sudo apt-get install postgresql postgresql-postgis`"
    return f"`sudo apt-get install postgresql-{major} postgresql-{major}-postgis-3`"


def _installed() -> list[Binaries]:
    folders = [folder for pattern in PATTERNS for folder in Path("/").glob(pattern[1:])]
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(asked.stdout.strip()))
    programs = ("initdb", "postgres", "pg_ctl", "pg_config")
    whole = [f for f in folders if all((f / program).is_file() for program in programs)]
    return [Binaries(folder, _major(folder)) for folder in dict.fromkeys(whole)]


def _major(folder: Path) -> int:
    asked = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    match = re.search(r"(\d+)", asked.stdout)
    return int(match.group(1)) if match else 0
