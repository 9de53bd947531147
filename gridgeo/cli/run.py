"""A command line is run, and an error of ours told."""

import sys
from collections.abc import Sequence
from importlib import import_module

from gridgeo.errors import GridgeoError
from gridgeo.geometry.errors import GeometryError
from gridgeo.http.logs import configure_logging

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C has ended."""


def run(arguments: Sequence[str] | None) -> None:
    """Run a command line, by default that of the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    configure_logging("warning", "console")
    try:
        _run(given)
    except KeyboardInterrupt:  # before there is a server that ends by it
        raise SystemExit(INTERRUPTED) from None
    except GridgeoError as error:
        _tell(error.code, error.detail)
    except GeometryError as error:
        place = "" if error.lon is None else f" (at {error.lon:.7f}, {error.lat:.7f})"
        _tell(error.kind, f"{error.message}{place}")


def _run(given: list[str]) -> None:
    """Run a verb by Typer; a plain start of the server without, of which it would be a fifth."""
    match given:
        case ["serve"]:
            import_module("gridgeo.cli.supervisor").run(None)
        case ["serve", "--port", port] if port.isascii() and port.isdigit():
            import_module("gridgeo.cli.supervisor").run(int(port))
        case _:
            import_module("gridgeo.cli.verbs").app(given)


def _tell(code: str, detail: str) -> None:
    """Say what is wrong; rich is imported for that only, and no server waits for it."""
    import_module("gridgeo.cli.fault").tell(code, detail)
