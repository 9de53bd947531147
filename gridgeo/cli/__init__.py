"""The command line: `gridgeo VERB`.

Each verb is a module with a Typer `app`; only the module of the verb that is called is imported,
so that `gridgeo up` on a running city and `gridgeo down` stay quick. A server and its workers
have no use for Typer: it is imported for other verbs.
"""

from collections.abc import Sequence
from importlib import import_module

VERBS = {
    "up": "gridgeo.cli.up",
    "down": "gridgeo.cli.down",
    "prepare": "gridgeo.cli.prepare",
    "serve": "gridgeo.cli.serve",
    "load": "gridgeo.cli.load",
    "check": "gridgeo.cli.check",
    "locate": "gridgeo.cli.locate",
    "plan": "gridgeo.cli.plan",
    "export": "gridgeo.cli.export",
    "rules": "gridgeo.cli.rules",
    "tiles": "gridgeo.cli.tiles",
    "keys": "gridgeo.cli.keys",
    "doctor": "gridgeo.cli.doctor",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours is one sentence and exit code 1."""
    import_module("gridgeo.cli.run").run(arguments)
