"""`python -m bench`: run the benchmarks named in BENCH, by default all, and print their tables."""

import os

from rich.console import Console
from rich.table import Table

from bench import check, locate

BENCHES = {"check": check, "locate": locate}


def main() -> None:
    """Run what BENCH names, separated by commas."""
    names = os.environ.get("BENCH", ",".join(BENCHES)).split(",")
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise SystemExit(f"BENCH={unknown[0]!r}: choose from {', '.join(BENCHES)}")
    for name in names:
        table = Table(*BENCHES[name].COLUMNS, title=name)
        for row in BENCHES[name].run():
            table.add_row(*row)
        Console(width=100).print(table)


if __name__ == "__main__":
    main()
