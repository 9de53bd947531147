"""The leaves of the synthetic stress city: 107,158 micro-grids and the rural grids of Zhengzhou.

It takes some minutes to make, so its leaves are kept in `var/bench/` under a name that tells the
code and the outlines they were made from.
"""

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from gridgeo.cli.city_files import read_profile, read_whole_city
from gridgeo.settings import ROOT
from gridgeo.synth import STRESS, whole_city

SEED = 1
DATA = ROOT / "data"
FOLDER = ROOT / "var" / "bench"


@dataclass(frozen=True)
class Leaves:
    """Polygons in degrees on the lattice, and their codes in byte order."""

    shapes: NDArray[np.object_]
    codes: list[str]


def stress_city() -> Leaves:
    """Read the leaves, or make them first."""
    path = FOLDER / f"stress-{_digest()}.parquet"
    if not path.exists():
        _keep(_made(), path)
    table = pq.read_table(path)
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    return Leaves(shapes, table["code"].to_pylist())


def _made() -> Leaves:
    outlines, divisions = read_whole_city(DATA, read_profile(DATA))
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        made = whole_city(SEED, outlines, divisions, STRESS, map=pool.map)
    leaves = sorted(made.leaves, key=lambda unit: unit.code.encode())
    return Leaves(np.array([leaf.shape for leaf in leaves]), [leaf.code for leaf in leaves])


def _keep(leaves: Leaves, path: Path) -> None:
    """Write them into one file, which appears only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(
        pa.table({"code": leaves.codes, "geometry": shapely.to_wkb(leaves.shapes)}), part
    )
    part.replace(path)


def _digest() -> str:
    """Eight hexadecimal digits of the code and data that the city comes from."""
    code, profile = (ROOT / "gridgeo" / "synth").rglob("*.py"), read_profile(DATA)
    digest = hashlib.sha256(f"{profile.name} {profile.document['code']} {profile.levels}".encode())
    for path in sorted([*code, *DATA.glob("zhengzhou_*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
