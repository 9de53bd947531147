"""Drawing the live map and keeping it in a file: of several processes, one does it."""

import subprocess
import sys
from collections.abc import Mapping
from functools import partial

import numpy as np
from psycopg import Connection, IsolationLevel, connect
from shapely.geometry import box

from gridgeo.geometry.generalise.coverage import Coverage, dissolved
from gridgeo.geometry.generalise.poles import poles_of
from gridgeo.geometry.shifting import shifted
from gridgeo.tiles.drawn.drawings import Drawings, Report
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.labels import Labels
from gridgeo.tiles.drawn.live import MOST_PATCHED, depths_of
from gridgeo.tiles.drawn.mvt import polygon_layer
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.points import label_layer
from gridgeo.tiles.drawn.scheme import LabelRule, scheme_of
from gridgeo.tiles.drawn.sheet import Sheet
from gridgeo.tiles.drawn.store import change_between, draw_version, shapes_of
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import KEYS, Values
from gridgeo.tiles.model import TileLayer
from gridgeo.units.model import MapVersion
from gridgeo.units.store import head_version


def draw_apart(datum: str | None = None) -> "subprocess.Popen[bytes]":
    """Start `gridgeo tiles build` with the settings of this process, at a lower priority."""
    command = ["nice", sys.executable, "-m", "gridgeo.cli", "tiles", "build"]
    command += [] if datum is None else ["--datum", datum]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def draw_head(
    dsn: str, files: TileFiles, layers: Mapping[str, TileLayer], report: Report,
    datum: str | None = None,
) -> int | None:  # fmt: skip
    """Draw the live map, in a datum if said, if no file has it; return its version.

    None when there is no map yet, or another process draws just now. `report` hears of each zoom.
    A large city is drawn on all cores. Zooms that a drawing finished before it was killed are taken
    from the files it left.
    """
    with files.turn() as is_ours, connect(dsn) as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        head = head_version(conn) if is_ours else None
        if head is None:
            return None
        scheme = scheme_of(layers, depths_of(conn, layers))
        found = files.newest(conn, scheme)
        if found is None or found[0] != head:
            drawn = None if found is None else _patched(conn, found, head, datum)
            if drawn is None:
                parts = files.parts(conn, head, scheme)
                drawn = draw_version(conn, head.version, scheme, report, datum, parts)
            files.keep(conn, head, drawn)
        return head.version


def _patched(
    conn: Connection[tuple[object, ...]], found: tuple[MapVersion, Drawings], head: MapVersion,
    datum: str | None,
) -> Drawings | None:  # fmt: skip
    """Bring drawings to a later version; None if too much has changed."""
    before, drawn = found
    change = change_between(conn, drawn.tree, before.version, head.version)
    if max(len(change.reshaped), len(change.said)) > MOST_PATCHED:
        return None
    return drawn.followed(change, partial(shapes_of, conn, head.version, datum=datum))[0]


def compile_ahead() -> None:
    """Compile all that draws and encodes, and keep it on disk."""
    squares = shifted([box(0.0, 0.0, 0.1, 0.1), box(0.1, 0.0, 0.2, 0.1)], "bd09").tolist()
    ids = np.array([1, 2], dtype=np.int32)
    drawn = Coverage(squares).drawn(8)
    dissolved(drawn, np.zeros(2, dtype=np.int32), 1)
    pane = Pane.of(Sheet.of(ids, ids - 1, drawn))
    values = Values.of({1: [None] * len(KEYS), 2: [None] * len(KEYS)})
    polygon_layer("any", pane, values, (128, 127))
    rule = LabelRule((1 << 8,), (1 << 8,), 0, 8)
    tree = Tree.of([(1, None, 0, False), (2, 1, 0, True)])
    labels = Labels.of(ids, poles_of(squares), tree, values, rule)
    label_layer("any", labels, np.arange(2), values, 8)
