"""The three forms in which many points come and answers go: JSON, NDJSON, CSV."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from gridgeo.dispatch.answer import Document, encoded, encoded_rows
from gridgeo.dispatch.batch import Ask
from gridgeo.errors import BadInput

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
MEDIA_TYPES = (JSON, NDJSON, CSV)

ROWS_AT_ONCE = 1_000

WHOLE_COLUMNS = (
    "code", "level", "name", "reason", "border_m", "neighbour", "nearest", "nearest_m", "exclusive",
    "party", "party_name", "rule", "rule_set", "rule_reason", "decision", "version",
)  # fmt: skip
"""What CSV says of a whole answer."""

Row = list[str]


def read_lines(body: bytes) -> Iterator[object]:
    """Read one point a line; what is no JSON is a `BadInput` in its place, blank lines are none."""
    for line in io.BytesIO(body):
        if line.strip():
            yield _parsed(line)


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        shown = line.decode("utf-8", "backslashreplace").strip()
        return BadInput("A line must be a point as JSON.", key="points", value=shown)


class CsvPoints:
    """Rows of a CSV text with a header, of which two columns are the point.

    Raises
    ------
    BadInput
        The text is no UTF-8 or no CSV, or its header lacks a column.
    """

    def __init__(self, body: bytes, x: str, y: str) -> None:
        self._body = body
        self.header, self.number = self._looked_through()
        for key, column in (("x", x), ("y", y)):
            if self.header.count(column) != 1:
                raise BadInput(
                    f"The header must have one column {column!r}; name another by {key}=.",
                    key=key,
                    value=",".join(self.header),
                )
        self._x, self._y = self.header.index(x), self.header.index(y)
        self._waiting: deque[Row] = deque()

    def __iter__(self) -> Iterator[object]:
        """Read the points in order; `row` gives what stood beside each."""
        for row in islice(self._rows(), 1, None):
            self._waiting.append(row)
            yield self._point(row)

    def row(self) -> Row:
        """Return the row of the oldest point that was read and not asked for yet."""
        return self._waiting.popleft()

    def _rows(self) -> Iterator[Row]:
        text = io.TextIOWrapper(io.BytesIO(self._body), "utf-8-sig", newline="")
        return (row for row in csv.reader(text, strict=True) if row)

    def _looked_through(self) -> tuple[Row, int]:
        try:
            rows = self._rows()
            return next(rows, []), sum(1 for _ in rows)
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"The body is no CSV in UTF-8: {error}.", key="body") from None

    def _point(self, row: Row) -> object:
        if len(row) != len(self.header):
            said = f"The row has {len(row)} columns, the header {len(self.header)}."
            return BadInput(said, key="points", value=",".join(row))
        try:
            return [float(row[self._x]), float(row[self._y])]
        except ValueError:
            return [row[self._x], row[self._y]]


def json_parts(answers: Iterable[Document], version: int) -> Iterator[bytes]:
    """Write a `BatchAnswer`, part by part."""
    rows = iter(answers)
    between = b'{"results":['
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield between + encoded_rows(some)
        between = b","
    yield (b"" if between == b"," else between) + b'],"version":%d}' % version


def ndjson_parts(answers: Iterable[Document], version: int) -> Iterator[bytes]:
    """Write one answer a line, part by part."""
    rows = iter(answers)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield b"".join(encoded(row) + b"\n" for row in some)


def csv_parts(answers: Iterable[Document], ask: Ask, points: CsvPoints | None) -> Iterator[bytes]:
    """Write the answers as CSV, part by part, behind the columns that came with the points.

    A column of ours whose name has come already is called `grid_` and its name.
    """
    before = [] if points is None else points.header
    ours = [*(ask.fields or WHOLE_COLUMNS), "error"]
    header = [*before, *(f"grid_{name}" if name in before else name for name in ours)]
    written = _csv([header])
    rows = iter(answers)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        beside = [[] if points is None else _fitted(points.row(), len(before)) for _ in some]
        cells = [_cells(answer, ask.fields) for answer in some]
        yield written + _csv([[*left, *right] for left, right in zip(beside, cells, strict=True)])
        written = b""
    if written:
        yield written


def _fitted(row: Row, width: int) -> Row:
    return row[:width] + [""] * (width - len(row))


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cells(answer: Document, fields: Sequence[str]) -> list[object]:
    if "error" in answer:
        error = answer["error"]
        return [*[None] * len(fields or WHOLE_COLUMNS), f"{error['code']}: {error['detail']}"]
    if fields:
        return [*(answer[field] for field in fields), None]
    return [*_whole_cells(answer), None]


def _whole_cells(answer: Document) -> list[object]:
    """Return the cells of a whole answer, in the order of `WHOLE_COLUMNS`."""
    placement, assignment = answer["placement"], answer["assignment"]
    unit, border = placement["unit"] or {}, placement["border"] or {}
    nearest, party, rule = placement["nearest"] or {}, assignment["party"], assignment["rule"]
    return [
        unit.get("code"), unit.get("level"), unit.get("name"), placement["reason"],
        border.get("distance_m"), (border.get("neighbour") or {}).get("code"),
        nearest.get("code"), nearest.get("distance_m"),
        " ".join(grid["code"] for grid in placement["exclusive"]),
        party["code"], party["name"], rule["id"], rule["rule_set"], assignment["reason"],
        answer["decision"], answer["version"],
    ]  # fmt: skip
