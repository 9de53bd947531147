"""What `gridgeo load` tells when it is done, or why it did nothing: text, JSON or GeoJSON."""

import csv
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

from rich.console import Console

from gridgeo.cli.plan_report import PlanChange
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.repair import LedgerRow
from gridgeo.units.model import as_problem_rows

Format = Literal["text", "json", "geojson"]

SHOWN = 100  # problems in text; JSON and GeoJSON hold them all


@dataclass
class LoadReport:
    """The outcome of one load.

    `levels` holds (units, km2) by level; `where` the feature that a code comes from; `version` is
    None when nothing was published; `ledger` is None without a repair; `plan` is the draft that a
    redraw became.
    """

    dry_run: bool
    version: int | None = None
    levels: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    where: Mapping[str, str] = field(default_factory=dict)
    ledger: Sequence[LedgerRow] | None = None
    plan: PlanChange | None = None

    @property
    def outcome(self) -> str:
        """One word: refused, checked (a dry run without problems), planned or loaded."""
        if self.problems:
            return "refused"
        if self.dry_run:
            return "checked"
        return "loaded" if self.plan is None else "planned"

    def write(self, form: Format, out: TextIO) -> None:
        """Write the report in one of its forms."""
        if form == "text":
            self._write_text(out)
        else:
            document = self._document() if form == "json" else self._features()
            out.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")

    def _details(self) -> list[dict[str, Any]]:
        """Problems as rows; a place that is not known is null."""
        rows = as_problem_rows(self.problems)
        for row in rows:
            if math.isnan(row["lon"]):
                row["lon"] = row["lat"] = None
            row["features"] = [self.where[code] for code in row["codes"] if code in self.where]
        return rows

    def _document(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "version": self.version,
            "units": {level: count for level, (count, _) in self.levels.items()},
            "area_km2": {level: round(area, 6) for level, (_, area) in self.levels.items()},
            "rows": self.rows,
            "notes": self.notes,
            "repair": None if self.ledger is None else ledger_sums(self.ledger),
            "plan": None if self.plan is None else self.plan.document(),
            "problems": dict(Counter(problem.kind for problem in self.problems)),
            "details": self._details(),
        }

    def _features(self) -> dict[str, Any]:
        features = [] if self.plan is None else self.plan.features()
        for row in self._details():
            lon, lat = row.pop("lon"), row.pop("lat")
            point = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
            features.append({"type": "Feature", "geometry": point, "properties": row})
        return {"type": "FeatureCollection", "features": features}

    def _write_text(self, out: TextIO) -> None:
        console = Console(file=out, soft_wrap=True, highlight=False, markup=False)
        for level, (count, area_km2) in self.levels.items():
            console.print(f"{count:>8} {level:<12} {area_km2:14.3f} km2")
        for name, count in self.rows.items():
            console.print(f"{count:>8} {name}")
        for note in self.notes:
            console.print(f"note: {note}")
        for kind, (count, area_m2) in ledger_sums(self.ledger or ()).items():
            console.print(f"repaired: {count} {kind}, {area_m2:.3f} m2 changed owner")
        for line in () if self.plan is None else self.plan.lines():
            console.print(line)
        if self.problems:
            self._write_problems(console)
        elif self.plan is not None and not self.dry_run:
            return
        elif self.dry_run:
            console.print("no problem found; dry run, so nothing was written")
        elif self.version is not None:
            console.print(f"published as map version {self.version}")
        else:
            console.print("loaded")

    def _write_problems(self, console: Console) -> None:
        """Write one line for each problem: what, whose, where, how large, from which feature."""
        for row in self._details()[:SHOWN]:
            place = "" if row["lon"] is None else f"at {row['lon']:.7f}, {row['lat']:.7f}"
            aside = (", ".join(row["codes"]), place, "; ".join(row["features"]))
            known = " | ".join(part for part in aside if part)
            console.print(f"{row['kind']}: {row['message']}" + (f" [{known}]" if known else ""))
        more = len(self.problems) - SHOWN
        if more > 0:
            console.print(f"... and {more} more; --report json has them all")
        console.print(f"{len(self.problems)} problem(s): nothing was written")
        for step in self._next_steps():
            console.print(f"next: {step}")

    def _next_steps(self) -> list[str]:
        """Say what may help: a repair, wider limits, a look at the places."""
        drawn = any(p.kind != "invalid" or p.area_m2 is not None for p in self.problems)
        steps = []
        if drawn and self.ledger is None:
            steps.append(
                "mend them where they are drawn; or --repair closes gaps and overlaps up to 1 m, "
                "mends rings, and --ledger FILE lists all ground that changed owner"
            )
        elif drawn:
            steps.append(
                "give --repair wider limits (max_gap_m=M,max_overlap_m=M), or mend what is left "
                "where it is drawn"
            )
        if any(not math.isnan(problem.lon) for problem in self.problems):
            steps.append("--report geojson -o problems.geojson draws every place on a map")
        return steps


def ledger_sums(ledger: Sequence[LedgerRow]) -> dict[str, tuple[int, float]]:
    """Return rows and square metres of a ledger by kind."""
    sums: dict[str, tuple[int, float]] = {}
    for row in ledger:
        count, area_m2 = sums.get(row.kind, (0, 0.0))
        sums[row.kind] = (count + 1, area_m2 + row.area_m2)
    return sums


def write_ledger(path: Path, ledger: Sequence[LedgerRow]) -> None:
    """Write every square metre that changed owner as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("kind", "from_code", "to_code", "holder", "area_m2", "lon", "lat"))
        for row in ledger:
            rows.writerow((
                row.kind, row.from_code or "", row.to_code or "", row.holder or "",
                f"{row.area_m2:.6f}", f"{row.lon:.7f}", f"{row.lat:.7f}",
            ))  # fmt: skip
