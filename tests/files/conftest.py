import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from loader import Loader, frame_of, loader_on

from gridgeo import synth
from gridgeo.geometry.crs import from_wgs84


@pytest.fixture(scope="session")
def made() -> synth.SynthCity:
    return synth.tiny_city(seed=1)


@pytest.fixture
def leaves(made) -> geopandas.GeoDataFrame:
    return frame_of(made.leaves)


@pytest.fixture
def every(made) -> geopandas.GeoDataFrame:
    return frame_of(made.units)


@pytest.fixture
def load(db, tmp_path, monkeypatch, capsys) -> Loader:
    """`load(*arguments)` on an empty database."""
    return loader_on(db, tmp_path, monkeypatch, capsys)


@pytest.fixture
def load_more(city_db, tmp_path, monkeypatch, capsys) -> Loader:
    """`load_more(*arguments)` on the tiny city."""
    return loader_on(city_db, tmp_path, monkeypatch, capsys)


@pytest.fixture
def zip_of():
    """Pack a Shapefile with its companions into a zip file, in a folder of Chinese name."""

    def pack(file: Path) -> Path:
        packed = file.with_suffix(".zip")
        with zipfile.ZipFile(packed, "w") as archive:
            for part in sorted(file.parent.glob(f"{file.stem}.*")):
                if part != packed:
                    archive.write(part, f"网格/{part.name}")
        return packed

    return pack


@pytest.fixture
def shifted():
    """Move a table in EPSG:4326 to a shifted datum, with nothing in the file to tell."""

    def shift(frame: geopandas.GeoDataFrame, crs: str) -> geopandas.GeoDataFrame:
        def move(xy):
            return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], crs))

        return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), move), crs=4326)

    return shift
