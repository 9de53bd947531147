"""The group of all verbs."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gridgeo.cli import VERBS


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
