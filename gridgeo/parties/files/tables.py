"""Rule documents as text: a folder of CSV tables or one YAML file, read into rows with their lines.

Every cell is text and every row knows its file and line, so that whatever is wrong with a value can
be shown where it stands. What the tables mean is told in `document`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from gridgeo.errors import BadInput

ENCODINGS = ("utf-8-sig", "gb18030")
YAML_ENDINGS = (".yaml", ".yml")
BETWEEN = ";"
"""Stands between the parts of a cell that holds several."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells as text, and where it stands.

    `lines` holds the line of each cell where they differ from that of the row.
    """

    file: str
    line: int
    cells: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, column: str) -> int:
        """Return the line of a cell."""
        return self.lines.get(column, self.line)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a rule document, or doubtful, and where.

    An error refuses the document; a warning is told, and the document is taken.
    """

    file: str
    line: int
    key: str
    value: str
    message: str
    kind: str = "invalid_value"
    severity: Severity = "error"

    @classmethod
    def of(
        cls,
        row: Row,
        key: str,
        message: str,
        kind: str = "invalid_value",
        severity: Severity = "error",
    ) -> "Fault":
        """Return a fault of one cell of a row."""
        value = row.cells.get(key, "")
        return cls(row.file, row.line_of(key), key, value, message, kind, severity)

    def __str__(self) -> str:
        """Return it as one line for people."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key} {self.value!r}: {self.message}"


Shape = Mapping[str, Sequence[str]]
"""The columns of each table by its name."""


def read_tables(path: Path, shape: Shape) -> tuple[dict[str, list[Row]], list[Fault]]:
    """Read a folder of `<table>.csv` or a YAML file into rows, and say what is out of shape.

    Parameters
    ----------
    shape
        The tables that there may be, and the columns that each may have.

    Returns
    -------
    The tables that are there, also those without a row, and the faults: unknown tables and columns,
    rows that are no rows.

    Raises
    ------
    BadInput
        There is nothing to read there, or it is no text, no CSV or no YAML.
    """
    if path.is_dir():
        tables, faults = _read_folder(path, shape)
    elif path.suffix in YAML_ENDINGS and path.is_file():
        tables, faults = _read_yaml(path, shape)
    else:
        raise BadInput(
            f"There is no rule document {str(path)!r}: name a folder of CSV tables "
            f"({', '.join(shape)}) or a .yaml file.",
            key="file",
            value=path,
        )
    return tables, faults


def write_folder(folder: Path, shape: Shape, tables: Mapping[str, Iterable[Sequence[str]]]) -> None:
    """Write a folder of CSV tables, cells in the order of the shape; a table without rows too."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in shape.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(columns)
            rows.writerows(tables[name])


def write_yaml(file: Path, shape: Shape, tables: Mapping[str, Iterable[Sequence[str]]]) -> None:
    """Write one YAML file: a list of mappings for each table; empty cells are left out."""
    with file.open("w", encoding="utf-8") as stream:
        for name, columns in shape.items():
            rows = [
                {column: cell for column, cell in zip(columns, row, strict=True) if cell}
                for row in tables[name]
            ]
            stream.write(
                yaml.dump(
                    {name: rows}, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False
                )
            )


def decoded(path: Path) -> str:
    """Return the text of a file in UTF-8 or GB 18030; raises `BadInput` for anything else."""
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(f"{path.name} is no text in {' or '.join(ENCODINGS)}.", key="file", value=path)


# --- CSV ---------------------------------------------------------------------------------------


def _read_folder(folder: Path, shape: Shape) -> tuple[dict[str, list[Row]], list[Fault]]:
    tables: dict[str, list[Row]] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in shape:
            known = ", ".join(f"{name}.csv" for name in shape)
            faults.append(Fault(path.name, 0, "table", path.stem, f"the tables are {known}"))
            continue
        try:
            tables[path.stem] = _read_csv(path, shape[path.stem], faults)
        except csv.Error as error:
            raise BadInput(f"{path.name} is no CSV: {error}.", key="file", value=path) from error
    if not tables and not faults:
        known = ", ".join(f"{name}.csv" for name in shape)
        raise BadInput(
            f"The folder {str(folder)!r} holds none of {known}.", key="file", value=folder
        )
    return tables, faults


def _read_csv(path: Path, columns: Sequence[str], faults: list[Fault]) -> list[Row]:
    reader = csv.reader(io.StringIO(decoded(path), newline=""))
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        faults.append(Fault(path.name, 1, "row", "", f"the header is missing: {','.join(columns)}"))
        return []
    faults += _unknown(path.name, 1, header, columns)
    faults += _repeated(path.name, header)
    return list(_csv_rows(path.name, reader, header, faults))


def _csv_rows(file: str, reader: Any, header: Sequence[str], faults: list[Fault]) -> Iterator[Row]:
    """Yield the rows below the header; empty lines are passed over."""
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cells):
            continue
        if len(cells) > len(header):
            extra = BETWEEN.join(cells[len(header) :])
            faults.append(Fault(file, line, "row", extra, "it has more cells than the header"))
        yield Row(file, line, {k: c.strip() for k, c in zip(header, cells, strict=False)})


def _unknown(file: str, line: int, given: Iterable[str], known: Sequence[str]) -> Iterator[Fault]:
    for column in given:
        if column not in known:
            yield Fault(file, line, "column", column, f"the columns are {', '.join(known)}")


def _repeated(file: str, header: Sequence[str]) -> Iterator[Fault]:
    for place, column in enumerate(header):
        if column in header[:place]:
            yield Fault(file, 1, "column", column, "it stands in the header twice")


# --- YAML --------------------------------------------------------------------------------------


def _read_yaml(path: Path, shape: Shape) -> tuple[dict[str, list[Row]], list[Fault]]:
    """Read nodes, not values: they know their lines, and `06010` stays the text that it is."""
    faults: list[Fault] = []
    try:
        root = yaml.compose(decoded(path), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise BadInput(
            f"{path.name}:{line} is no YAML: {error.problem}.", key="file", value=path
        ) from error
    except yaml.YAMLError as error:
        raise BadInput(f"{path.name} is no YAML: {error}.", key="file", value=path) from error
    if not isinstance(root, yaml.MappingNode):
        raise BadInput(
            f"{path.name} must be a mapping of tables ({', '.join(shape)}) to lists.",
            key="file",
            value=path,
        )
    tables: dict[str, list[Row]] = {}
    for key, value in root.value:
        if key.value not in shape:
            message = f"the tables are {', '.join(shape)}"
            faults.append(Fault(path.name, _line(key), "table", str(key.value), message))
        elif key.value in tables:
            faults.append(Fault(path.name, _line(key), "table", key.value, "it stands there twice"))
        else:
            columns = shape[key.value]
            tables[key.value] = list(_yaml_rows(path.name, key.value, value, columns, faults))
    return tables, faults


def _yaml_rows(
    file: str, table: str, node: yaml.Node, columns: Sequence[str], faults: list[Fault]
) -> Iterator[Row]:
    if not isinstance(node, yaml.SequenceNode):
        faults.append(Fault(file, _line(node), table, _text(node) or "", "it must be a list"))
        return
    for item in node.value:
        if isinstance(item, yaml.MappingNode):
            yield _yaml_row(file, item, columns, faults)
        else:
            message = "each entry must be a mapping of columns to values"
            faults.append(Fault(file, _line(item), table, _text(item) or "", message))


def _yaml_row(
    file: str, node: yaml.MappingNode, columns: Sequence[str], faults: list[Fault]
) -> Row:
    cells: dict[str, str] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, text = str(key.value), _text(value)
        faults += _unknown(file, _line(key), [name], columns)
        if name in cells:
            faults.append(Fault(file, _line(key), "column", name, "it stands there twice"))
        if text is None:
            message = "it must be a value or a list of values"
            faults.append(Fault(file, _line(value), name, "", message))
        cells[name], lines[name] = text or "", _line(key)
    return Row(file, _line(node), cells, lines)


def _text(node: yaml.Node) -> str | None:
    """Return a value as it is written, a list as its parts with `;` between, None for others."""
    if isinstance(node, yaml.ScalarNode):
        return "" if node.tag.endswith(":null") else str(node.value).strip()
    if isinstance(node, yaml.SequenceNode) and all(map(_is_scalar, node.value)):
        return BETWEEN.join(filter(None, map(_text, node.value)))
    return None


def _is_scalar(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
