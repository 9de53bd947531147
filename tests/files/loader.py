"""`gridgeo load` in this process, and tables of a synthetic city to write to files."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas
import psycopg
import pytest

from gridgeo.cli import main
from gridgeo.cli.local import Local

DRIVERS = {".geojson": "GeoJSON", ".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


def frame_of(units) -> geopandas.GeoDataFrame:
    """Synthetic units as a table in EPSG:4326, with the columns that `load` takes unasked."""
    return geopandas.GeoDataFrame(
        {
            "code": [unit.code for unit in units],
            "name": [unit.name for unit in units],
            "parent_code": [unit.parent_code for unit in units],
            "level": [unit.level for unit in units],
            "households": [unit.households for unit in units],
        },
        geometry=[unit.shape for unit in units],
        crs=4326,
    )


def write(frame: geopandas.GeoDataFrame, path: Path, **options) -> Path:
    """Write a table as the suffix says; names too long for a Shapefile are cut without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, driver=DRIVERS[path.suffix], engine="pyogrio", **options)
    return path


@dataclass
class Loader:
    """`gridgeo load` in this process, on a database of its own."""

    dsn: str
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def __call__(self, *arguments: object) -> int:
        """Run it and return the exit code."""
        with pytest.raises(SystemExit) as ended:
            main(["load", *map(str, arguments)])
        self.out, self.err = self.capsys.readouterr()
        assert "Traceback" not in self.err
        return int(ended.value.code or 0)

    def one(self, query: str):
        with psycopg.connect(self.dsn) as conn:
            return conn.execute(query).fetchone()[0]

    @property
    def is_empty(self) -> bool:
        tables = ("map_version", "unit", "unit_code", "unit_shape", "party", "rule_set",
                  "city_profile", "place", "device", "building", "duty_post")  # fmt: skip
        return all(self.one(f"SELECT count(*) FROM {table}") == 0 for table in tables)


def loader_on(dsns, tmp_path, monkeypatch, capsys) -> Loader:
    var_dir = tmp_path / "var"
    Local(None, dsns, {}).write(var_dir / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(var_dir))
    return Loader(dsns.owner[:], capsys)
