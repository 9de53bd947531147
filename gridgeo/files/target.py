"""A file to write: its format, its system of coordinates, and what it says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from gridgeo.errors import BadInput, Conflict, UnknownKeyword
from gridgeo.geometry.crs import from_wgs84
from gridgeo.geometry.errors import UnknownCrs

DRIVERS: Mapping[str, str] = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".shp.zip": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".parquet": "GeoParquet",
    ".geojson": "GeoJSON",
}
"""Format by the end of the file's name."""

SHIFTED: Mapping[str, str] = {"gcj02": "GCJ-02", "bd09": "BD-09"}
"""Datums that no registry knows: a file can only name them in words."""

AS_STORED = ("EPSG:4326", "EPSG:4490")
"""Systems in which a file holds the stored doubles."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write: its system of coordinates and what it says of itself.

    Parameters
    ----------
    file
        The end of its name is the format.
    crs
        "EPSG:<number>", "gcj02" or "bd09".
    stamp
        Columns with one value for all: map_version, plan.
    precision
        Decimals of coordinates in GeoJSON; None keeps them exact.
    overwrite
        Whether an existing file may be replaced.
    """

    file: Path
    crs: str = "EPSG:4326"
    stamp: Mapping[str, int] | None = None
    precision: int | None = None
    overwrite: bool = False

    @property
    def suffix(self) -> str:
        """The end of the name that tells the format; raises `UnknownKeyword` for any other."""
        name = self.file.name.lower()
        for suffix in DRIVERS:
            if name.endswith(suffix) and name != suffix:
                return suffix
        message = f"Unknown format of {self.file.name!r}; a name ends in {', '.join(DRIVERS)}."
        raise UnknownKeyword(message, key="out", value=self.file.name)

    @property
    def datum(self) -> str | None:
        """The name of a shifted datum, None for a system with a number."""
        return SHIFTED.get(self.crs)

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are degrees."""
        return self.datum is not None or CRS.from_user_input(self.crs).is_geographic

    def check(self) -> None:
        """Raise before anything is read.

        Raises
        ------
        UnknownKeyword
            The name's end tells no format, or nobody knows the system.
        BadInput
            The folder is missing, or decimals are asked of a binary format.
        Conflict
            The file exists and may not be replaced.
        """
        if self.precision is not None and self.suffix != ".geojson":
            raise BadInput(
                f"precision is for .geojson; {self.suffix} holds doubles.", key="precision"
            )
        if not self.file.parent.is_dir():
            raise BadInput(f"There is no folder {self.file.parent}.", key="out", value=self.file)
        if not self.overwrite and any(file.exists() for file in self.pieces(self.file)):
            message = f"{self.file} exists; say --overwrite to replace it."
            raise Conflict(message, key="out", value=self.file)
        try:
            from_wgs84([114.0], [34.5], self.crs)
        except UnknownCrs as error:
            raise UnknownKeyword(error.message, key="crs", value=self.crs) from error

    def pieces(self, file: Path) -> list[Path]:
        """All files that make up one of this format; the one that opens comes last."""
        if self.suffix != ".shp":
            return [file]
        return [file.with_suffix(end) for end in (".cpg", ".prj", ".dbf", ".shx", ".shp")]

    @property
    def is_shapefile(self) -> bool:
        """Whether columns have ten letters at most, and text 254 bytes."""
        return self.suffix in (".shp", ".shp.zip")

    @property
    def about(self) -> dict[str, str]:
        """What the file says of itself, in words."""
        stamp = {name: str(value) for name, value in (self.stamp or {}).items()}
        return {"source": "gridgeo", "crs": self.datum or self.crs, **stamp}
