"""The group of all verbs."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gridgeo.cli import VERBS
from gridgeo.errors import GridgeoError
from gridgeo.geometry.errors import GeometryError
from gridgeo.http.logs import configure_logging


class LazyGroup(TyperGroup):
    """A group that imports the module of a verb when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the verbs in the order of use."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a verb, None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command = get_command(import_module(VERBS[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def gridgeo() -> None:
    """One city, one grid map, and whose each place is.

    Start with `gridgeo up`; if something is wrong, `gridgeo doctor` says what to do.
    """


def run(arguments: Sequence[str] | None) -> None:
    """Run a command line, by default that of the process."""
    configure_logging("warning", "console")
    try:
        app(arguments)
    except GridgeoError as error:
        _tell(error.code, error.detail)
    except GeometryError as error:
        place = "" if error.lon is None else f" (at {error.lon:.7f}, {error.lat:.7f})"
        _tell(error.kind, f"{error.message}{place}")


def _tell(code: str, detail: str) -> None:
    """Say what is wrong; rich is imported for that only, and no server waits for it."""
    import_module("gridgeo.cli.fault").tell(code, detail)
