"""`python -m bench`: run the benchmarks named in BENCH, by default all, and print their tables."""

import os

from rich.console import Console
from rich.table import Table

from bench import locate

BENCHES = {"locate": locate.run}


def main() -> None:
    """Run what BENCH names, separated by commas."""
    names = os.environ.get("BENCH", ",".join(BENCHES)).split(",")
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise SystemExit(f"BENCH={unknown[0]!r}: choose from {', '.join(BENCHES)}")
    for name in names:
        rows = BENCHES[name]()
        table = Table("engine", "points/s", "min", "max", "ratio", title=name)
        for row in rows:
            table.add_row(*row)
        Console(width=100).print(table)


if __name__ == "__main__":
    main()
