"""The settings of one installation: values that are passed in, never read at import.

Each field is also an environment variable: its name in capitals after `GRIDGEO_`. `load_settings`
reads them and answers a wrong or unknown one by its name and value.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from gridgeo.errors import BadInput

PREFIX = "GRIDGEO_"
ROOT = Path(__file__).resolve().parents[1]


class SettingsError(BadInput):
    """An environment variable of ours is wrong or unknown; `key` and `value` name it."""

    code = "invalid_setting"


class Settings(BaseModel):
    """What an operator may choose; every field has a default that works on one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr | None = Field(
        None,
        description="Connection string of a PostgreSQL 15+ with PostGIS 3.3+ to use; without it "
        "a private cluster under var_dir is used.",
    )
    app_dsn: SecretStr | None = Field(
        None,
        description="Connection string of the application role; `gridgeo serve` sets it for its "
        "workers.",
    )
    reader_dsn: SecretStr | None = Field(
        None,
        description="Connection string of the read-only role, which may be a streaming replica; "
        "`gridgeo serve` sets it for its workers.",
    )
    host: str = Field("127.0.0.1", description="Address on which the server listens.")
    port: int = Field(
        8000,
        ge=1,
        le=65535,
        description="Port on which the server listens; `gridgeo up` takes the next free one if "
        "another program has it.",
    )
    workers: int = Field(2, ge=1, le=64, description="Number of server processes.")
    var_dir: Path = Field(ROOT / "var", description="Folder for all that this installation writes.")
    index_dir: Path | None = Field(
        None,
        description="Folder in which the workers keep the city ready to answer; `gridgeo serve` "
        "sets it to `index` under var_dir. Without it the city is read at each start.",
    )
    data_dir: Path = Field(ROOT / "data", description="Folder of the real inputs of the city.")
    packed_tiles_mb: int = Field(
        512,
        ge=0,
        le=1_000_000,
        description="Megabytes of packed tiles that the workers share in files under index_dir; "
        "0 for none.",
    )
    tiles_dir: Path = Field(ROOT / "tiles", description="Folder of layer and style definitions.")
    web_dir: Path = Field(
        ROOT / "web" / "dist", description="Folder of the built map console; may be missing."
    )
    pool_min_size: int = Field(
        1, ge=0, le=100, description="Database connections each worker keeps open."
    )
    pool_max_size: int = Field(
        8, ge=1, le=100, description="Database connections a worker may open at most."
    )
    pool_timeout_s: float = Field(
        5.0, gt=0, description="Seconds a request waits for a connection before it is refused."
    )
    statement_timeout_ms: int = Field(
        5000, ge=0, description="Longest time a request's statement may run; 0 means no limit."
    )
    lock_timeout_ms: int = Field(
        2000, ge=0, description="Longest time a request's statement waits for a lock."
    )
    idle_in_transaction_timeout_ms: int = Field(
        10000, ge=0, description="After this time a transaction that does nothing is ended."
    )
    max_body_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="Largest request body that is read."
    )
    max_points: int = Field(
        100_000, ge=1, description="Most points that one batch request may place."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="Log lines for programs (json) or for people (console)."
    )

    @property
    def cluster_dir(self) -> Path:
        """Folder of the private PostgreSQL cluster."""
        return self.var_dir / "postgres"

    @property
    def index_folder(self) -> Path:
        """Folder in which the workers of this installation keep the city ready to answer."""
        return self.index_dir or self.var_dir / "index"

    @property
    def local_file(self) -> Path:
        """File with URL, connection strings and local keys by role (mode 0600)."""
        return self.var_dir / "local.json"


def load_settings(**overrides: Any) -> Settings:
    """Return the settings from the environment, `overrides` first.

    Raises
    ------
    SettingsError
        If a `GRIDGEO_` variable is unknown or has a value that does not fit.
    """
    given = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    _refuse_unknown(given)
    told = {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    try:
        return Settings(**{**told, **overrides})
    except ValidationError as error:
        raise _explained(error) from None


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "there is no such setting"
            raise SettingsError(f"{name}={value!r}: {hint}", key=name, value=value)


def _explained(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    key = PREFIX + name.upper()
    value = "***" if name in {"database_url", "app_dsn", "reader_dsn"} else first["input"]
    return SettingsError(f"{key}={value!r}: {first['msg']}", key=key, value=value)
