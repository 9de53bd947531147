"""`python -m bench`: run the benchmarks named in BENCH, by default all, and print their tables."""

import os

from rich.console import Console
from rich.table import Table

from bench import (
    assign,
    check,
    defects_found,
    http_locate,
    locate,
    locate_curve,
    locate_index,
    plans,
    publish,
    start,
    tiles,
)

BENCHES = {
    "check": (check, defects_found),
    "locate": (locate, locate_index, locate_curve),
    "http": (http_locate,),
    "tiles": (tiles,),
    "plan": (plans,),
    "assign": (assign,),
    "publish": (publish,),
    "start": (start,),
}


def main() -> None:
    """Run what BENCH names, separated by commas."""
    names = os.environ.get("BENCH", ",".join(BENCHES)).split(",")
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise SystemExit(f"BENCH={unknown[0]!r}: choose from {', '.join(BENCHES)}")
    for module in (module for name in names for module in BENCHES[name]):
        table = Table(*module.COLUMNS, title=module.__name__.removeprefix("bench."))
        for row in module.run():
            table.add_row(*row)
        Console(width=120).print(table)


if __name__ == "__main__":
    main()
