"""The settings of one installation: values that are passed in, never read at import.

Each field is also an environment variable: its name in capitals after `GRIDGEO_`. `load_settings`
reads them and answers a wrong or unknown one by its name and value.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from gridgeo.errors import BadInput

PREFIX = "GRIDGEO_"
ROOT = Path(__file__).resolve().parents[1]


class SettingsError(BadInput):
    """An environment variable of ours is wrong or unknown; `key` and `value` name it."""

    code = "invalid_setting"


class Secret:
    """A connection string: it may hold a password, so only `value` shows it."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may choose; every field has a default that works on one machine."""

    database_url: Annotated[
        Secret | None,
        Meta(
            description="Connection string of a PostgreSQL 15+ with PostGIS 3.3+ to use; without "
            "it a private cluster under var_dir is used."
        ),
    ] = None
    app_dsn: Annotated[
        Secret | None,
        Meta(
            description="Connection string of the application role; `gridgeo serve` sets it for "
            "its workers."
        ),
    ] = None
    reader_dsn: Annotated[
        Secret | None,
        Meta(
            description="Connection string of the read-only role, which may be a streaming "
            "replica; `gridgeo serve` sets it for its workers."
        ),
    ] = None
    host: Annotated[str, Meta(description="Address on which the server listens.")] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(
            ge=1,
            le=65535,
            description="Port on which the server listens; `gridgeo up` takes the next free one if "
            "another program has it.",
        ),
    ] = 8000
    workers: Annotated[int, Meta(ge=1, le=64, description="Number of server processes.")] = 2
    var_dir: Annotated[Path, Meta(description="Folder for all that this installation writes.")] = (
        ROOT / "var"
    )
    index_dir: Annotated[
        Path | None,
        Meta(
            description="Folder in which the workers keep the city ready to answer; `gridgeo "
            "serve` sets it to `index` under var_dir. Without it the city is read at each start."
        ),
    ] = None
    data_dir: Annotated[Path, Meta(description="Folder of the real inputs of the city.")] = (
        ROOT / "data"
    )
    packed_tiles_mb: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="Megabytes of packed tiles that the workers share in files under "
            "index_dir; 0 for none.",
        ),
    ] = 512
    tiles_dir: Annotated[Path, Meta(description="Folder of layer and style definitions.")] = (
        ROOT / "tiles"
    )
    web_dir: Annotated[
        Path, Meta(description="Folder of the built map console; may be missing.")
    ] = ROOT / "web" / "dist"
    pool_min_size: Annotated[
        int, Meta(ge=0, le=100, description="Database connections each worker keeps open.")
    ] = 1
    pool_max_size: Annotated[
        int, Meta(ge=1, le=100, description="Database connections a worker may open at most.")
    ] = 8
    pool_timeout_s: Annotated[
        float,
        Meta(gt=0, description="Seconds a request waits for a connection before it is refused."),
    ] = 5.0
    statement_timeout_ms: Annotated[
        int, Meta(ge=0, description="Longest time a request's statement may run; 0 means no limit.")
    ] = 5000
    lock_timeout_ms: Annotated[
        int, Meta(ge=0, description="Longest time a request's statement waits for a lock.")
    ] = 2000
    idle_in_transaction_timeout_ms: Annotated[
        int, Meta(ge=0, description="After this time a transaction that does nothing is ended.")
    ] = 10000
    max_body_bytes: Annotated[
        int, Meta(ge=1024, description="Largest request body that is read.")
    ] = 16 * 1024 * 1024
    max_points: Annotated[
        int, Meta(ge=1, description="Most points that one batch request may place.")
    ] = 100_000
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Least severe level that is logged."),
    ] = "info"
    log_format: Annotated[
        Literal["json", "console"],
        Meta(description="Log lines for programs (json) or for people (console)."),
    ] = "json"

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
    types = get_type_hints(Settings, include_extras=True)
    chosen = {**told, **overrides}
    return Settings(**{name: _read(name, types[name], value) for name, value in chosen.items()})


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "there is no such setting"
            raise SettingsError(f"{name}={value!r}: {hint}", key=name, value=value)


def _read(name: str, wanted: Any, value: object) -> Any:
    """Return a value as its field wants it; text, as variables have it, may stand for a number."""
    try:
        return msgspec.convert(value, wanted, strict=False, dec_hook=_made)
    except msgspec.ValidationError as error:
        key = PREFIX + name.upper()
        choices = get_args(wanted.__origin__) if get_origin(wanted.__origin__) is Literal else ()
        why = (
            f"choose one of {', '.join(choices)}"
            if choices
            else str(error).removesuffix(", got `str`")
        )
        raise SettingsError(f"{key}={value!r}: {why}", key=key, value=value) from None


def _made(wanted: type, value: Any) -> object:
    return value if isinstance(value, wanted) else wanted(value)
