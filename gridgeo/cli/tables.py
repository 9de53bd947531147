"""Tables on a terminal."""

from rich.table import Column, Table


def folding_table(*headers: str) -> Table:
    """Return a table that breaks what is too wide for its column: a code is never cut short."""
    return Table(*(Column(header, overflow="fold") for header in headers))
