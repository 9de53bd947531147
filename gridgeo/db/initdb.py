"""Make the data folder of a private cluster."""

import shutil
import sys
from pathlib import Path

from gridgeo.db.account import Account
from gridgeo.db.binaries import Binaries

SUPERUSER = "gridgeo_admin"
CONFIG_FILE = "gridgeo.conf"


def make_data(
    binaries: Binaries, home: Path, account: Account, password: str, *, durable: bool
) -> None:
    """Make `home/data`; built beside its final name, so that a half made one is never used."""
    draft, password_file = home / "data.new", home / "password.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.own(draft)
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    account.own(password_file)
    try:
        account.run(_arguments(binaries, draft, password_file, durable))
    finally:
        password_file.unlink()
    with (draft / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude = '{CONFIG_FILE}'\n")
    draft.rename(home / "data")


def data_version(data: Path) -> int | None:
    """Return the major version that made a data folder, None if there is none."""
    file = data / "PG_VERSION"
    return int(file.read_text()) if file.is_file() else None


def _arguments(binaries: Binaries, data: Path, password_file: Path, durable: bool) -> list[str]:
    """Order by bytes as the tie law does, classify letters by Unicode (for pg_trgm)."""
    ctype = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    arguments = [
        binaries["initdb"],
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        f"--lc-ctype={ctype}",
    ]
    return arguments if durable else [*arguments, "--no-sync"]
