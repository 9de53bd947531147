"""Zooms that are drawn, each in a file of its own until all of them are: a killed drawing goes on.

Zooms of one family are drawn by several processes when there are cores; they share the borders in
memory, as it is when they are forked, and leave their results in these files.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.point_index import DamagedIndexFile
from gridgeo.geometry.raster_index.storage import read_arrays, write_arrays
from gridgeo.tiles.drawn.pane import Pane
from gridgeo.tiles.drawn.scheme import Shown
from gridgeo.tiles.drawn.sheet import Places, Sheet

WORTH_A_PROCESS = 20_000
"""Units of a family from which on its zooms are drawn by several processes."""

Arrays = dict[str, NDArray[Any]]
Panes = Mapping[Shown, Pane]
Draw = Callable[[int], Panes]
"""Draws a zoom."""

Prepare = Callable[[], Draw]
"""Makes ready to draw the zooms of a family."""

log = logging.getLogger("gridgeo")


def arrays_of(panes: Panes) -> Arrays:
    """Return few arrays, all panes one after the other, with the sizes of each one's part."""
    columns: dict[str, list[NDArray[Any]]] = {n: [] for n in (*Sheet._fields, *Places._fields)}
    sizes = []
    for shown, pane in panes.items():
        flat = pane.flattened()
        held = {**flat.base._asdict(), **flat.places._asdict()}
        for name, column in columns.items():
            column.append(held[name])
        sizes.append([*shown, *(len(held[name]) for name in columns)])
    joined = {name: np.concatenate(column) for name, column in columns.items()}
    return {**joined, "sizes": np.array(sizes, dtype=np.int64)}


def panes_of(arrays: Arrays) -> dict[Shown, Pane]:
    """Return the panes that `arrays_of` made arrays of; they share their memory."""
    names = (*Sheet._fields, *Places._fields)
    begins, panes = dict.fromkeys(names, 0), {}
    for depth, zoom, alone, *sizes in arrays["sizes"].tolist():
        held = {}
        for name, size in zip(names, sizes, strict=True):
            held[name] = arrays[name][begins[name] : begins[name] + size]
            begins[name] += size
        sheet = Sheet(**{name: held[name] for name in Sheet._fields})
        places = Places(**{name: held[name] for name in Places._fields})
        panes[Shown(depth, zoom, bool(alone))] = Pane.of(sheet, places)
    return panes


class Parts:
    """The zooms of one drawing that are done.

    Parameters
    ----------
    folder, name
        Where they lie, and what they are called; the name tells one drawing from any other.
    processes
        How many processes may draw at a time.
    """

    SUFFIX = "zoom"

    def __init__(self, folder: Path, name: str, processes: int) -> None:
        self._folder, self._name, self._processes = folder, name, processes

    def panes(
        self, finest: int, zooms: Sequence[int], units: int, prepare: Prepare
    ) -> Iterator[tuple[int, Panes]]:
        """Yield each zoom of a family of so many units with its panes, drawn if it is not there.

        In no order. The panes are mapped from their files.
        """
        waiting = []
        for zoom in zooms:
            found = self._get(finest, zoom)
            if found is None:
                waiting.append(zoom)
            else:
                yield zoom, found
        if not waiting:
            return
        draw, done = prepare(), set()
        if units >= WORTH_A_PROCESS and min(self._processes, len(waiting)) > 1:
            for zoom in self._apart(finest, waiting, draw):
                done.add(zoom)
                yield zoom, self._get(finest, zoom) or draw(zoom)
        for zoom in waiting:
            if zoom not in done:
                self._put(finest, zoom, draw)
                yield zoom, self._get(finest, zoom) or draw(zoom)

    def clear(self) -> None:
        """Remove what is there, of this drawing or of any other."""
        for path in self._folder.glob(f"*.{self.SUFFIX}*"):
            path.unlink(missing_ok=True)

    def keep_own(self) -> None:
        """Remove what is there of other drawings."""
        for path in self._folder.glob(f"*.{self.SUFFIX}*"):
            if not path.name.startswith(f"{self._name}-"):
                path.unlink(missing_ok=True)

    def _apart(self, finest: int, zooms: Sequence[int], draw: Draw) -> Iterator[int]:
        """Draw zooms in processes of their own; yield those that are done, and end if one dies."""
        _WORK[:] = [lambda zoom: self._put(finest, zoom, draw)]
        forked = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(min(self._processes, len(zooms)), mp_context=forked) as pool:
            sent = {pool.submit(_work, zoom): zoom for zoom in reversed(zooms)}
            try:
                for one in as_completed(sent):
                    one.result()
                    yield sent[one]
            except BrokenProcessPool:
                log.warning("a process that drew was killed; the others' work is done by one")
        _WORK.clear()

    def _path(self, finest: int, zoom: int) -> Path:
        return self._folder / f"{self._name}-{finest}-{zoom:02d}.{self.SUFFIX}"

    def _put(self, finest: int, zoom: int, draw: Draw) -> None:
        write_arrays(self._path(finest, zoom), arrays_of(draw(zoom)), None)

    def _get(self, finest: int, zoom: int) -> Panes | None:
        try:
            return panes_of(read_arrays(self._path(finest, zoom))[0])
        except (DamagedIndexFile, FileNotFoundError):
            return None


_WORK: list[Callable[[int], None]] = []
"""What a forked process does for a zoom; it finds it in its memory."""


def _work(zoom: int) -> None:
    _WORK[0](zoom)


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
