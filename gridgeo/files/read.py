"""Reading boundary files: GeoJSON, GeoPackage, Shapefile (also zipped), FlatGeobuf, GeoParquet."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas
import numpy as np
import pyarrow
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from gridgeo.errors import BadInput
from gridgeo.files.model import Layer

SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
PARQUET = (".parquet", ".geoparquet")
KNOWN = "GeoJSON, GeoPackage, Shapefile (also zipped), FlatGeobuf or GeoParquet"
CHINESE = "gb18030"
SHAPEFILE = b"\x00\x00\x27\x0a"  # its first four bytes


def read_layer(path: Path, layer: str | None = None, encoding: str | None = None) -> Layer:
    """Read one layer of a file.

    Parameters
    ----------
    layer : str, optional
        Needed where a file holds several: of a GeoPackage, or the name inside a zip file.
    encoding : str, optional
        Of a Shapefile's table; otherwise its .cpg file says, else UTF-8 and then GB 18030 are
        tried.

    Returns
    -------
    The layer with at least one feature, its CRS as "EPSG:<number>" or WKT, None if it does not say.

    Raises
    ------
    BadInput
        There is no such file or layer, its format is unknown, it is cut off or broken, its text
        cannot be decoded, or it holds no feature.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {str(path)!r}.", key="file", value=path)
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        found = _parquet(path)
    elif suffix == ".zip" or suffix in SUFFIXES:
        _require_companions(path)
        found = _ogr(path, *_inside(path, layer), encoding)
    else:
        raise BadInput(
            f"{path.name} has the ending {suffix!r}; what can be loaded is {KNOWN}. CSV tables go "
            "by --places, --buildings, --devices, --duty-posts and --contacts.",
            key="file",
            value=path,
        )
    if not len(found.shapes):
        raise BadInput(
            f"{path.name} holds no feature at all; was it exported from the right layer, or with a "
            "filter on?",
            key="file",
            value=path,
        )
    return found


def _require_companions(path: Path) -> None:
    """Raise `BadInput` when a Shapefile came without its index or its table."""
    with path.open("rb") as stream:
        if path.suffix.lower() != ".shp" or stream.read(4) != SHAPEFILE:
            return
    there = {near.name.lower() for near in path.parent.iterdir()}
    wanted = [path.with_suffix(end).name for end in (".shx", ".dbf")]
    lacking = [name for name in wanted if name.lower() not in there]
    if lacking:
        raise BadInput(
            f"{path.name} came without {' and '.join(lacking)}; a Shapefile is at least .shp, .shx "
            "and .dbf of one name in one folder, so copy them all.",
            key="file",
            value=path,
        )


def _inside(path: Path, layer: str | None) -> tuple[str, str | None]:
    """Return what GDAL shall open, and the layer in it; looks into a zip file."""
    if path.suffix.lower() != ".zip":
        return str(path), layer
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if Path(n).suffix.lower() in SUFFIXES]
    except zipfile.BadZipFile as error:
        raise _broken(path, str(error)) from error
    stems = {Path(name).stem: name for name in names}
    if layer in stems:
        return f"/vsizip/{{{path.resolve()}}}/{stems[layer]}", None
    if len(names) != 1:
        raise _choose(path, list(stems), layer)
    return f"/vsizip/{{{path.resolve()}}}/{names[0]}", layer


def _choose(path: Path, names: Sequence[str], layer: str | None) -> BadInput:
    there = ", ".join(names) or "none"
    if layer is None:
        detail = f"{path.name} holds {len(names)} layers; choose one with --layer: {there}."
    else:
        detail = f"{path.name} has no layer {layer!r}; its layers are: {there}."
    return BadInput(detail, key="layer", value=layer)


def _ogr(path: Path, source: str, layer: str | None, encoding: str | None) -> Layer:
    try:
        names = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
        if not names:
            raise _broken(path, "it has no layer with shapes")
        if (layer is None and len(names) > 1) or (layer is not None and layer not in names):
            raise _choose(path, names, layer)
        meta, geometry, columns = _decoded(source, layer, encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name}: its text is not {error.encoding}; say what it is with --encoding.",
            key="encoding",
            value=encoding,
        ) from error
    except (DataSourceError, DataLayerError) as error:
        raise _broken(path, str(error).splitlines()[0]) from error
    shapes = _shapes(geometry, len(columns[0]) if columns else 0)
    fields = dict(zip(map(str, meta["fields"]), map(_plain, columns), strict=True))
    return Layer(path.name, _known_crs(meta["crs"]), fields, shapes)


def _decoded(
    source: str, layer: str | None, encoding: str | None
) -> tuple[dict[str, Any], NDArray[np.object_] | None, Sequence[NDArray[Any]]]:
    """Read by the encoding asked for, or by those that the file may have, in order."""
    error: UnicodeDecodeError | None = None
    for attempt in _encodings(source, encoding):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                meta, _, geometry, columns = pyogrio.raw.read(source, layer=layer, encoding=attempt)
        except UnicodeDecodeError as wrong:
            error = wrong
        else:
            return meta, geometry, columns
    assert error is not None
    raise error


def _encodings(source: str, encoding: str | None) -> Iterator[str | None]:
    if encoding is not None or not source.lower().endswith(".shp"):
        yield encoding
    elif _says_encoding(source):
        yield None
    else:
        yield "UTF-8"
        yield CHINESE


def _says_encoding(source: str) -> bool:
    """Whether a Shapefile, possibly in a zip file, comes with a .cpg file."""
    wanted = f"{Path(source).stem}.cpg".lower()
    if not source.startswith("/vsizip/"):
        return any(near.name.lower() == wanted for near in Path(source).parent.iterdir())
    archive, _, inner = source.removeprefix("/vsizip/{").partition("}/")
    with zipfile.ZipFile(archive) as names:
        near = PurePosixPath(inner).with_name(wanted)
        return str(near).lower() in (name.lower() for name in names.namelist())


def _parquet(path: Path) -> Layer:
    try:
        frame = geopandas.read_parquet(path)
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise _broken(path, str(error).splitlines()[0]) from error
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    plain = frame.drop(columns=frame.geometry.name)
    columns = {
        str(name): _plain(plain[name].to_numpy(dtype=object, na_value=None))
        for name in plain.columns
    }
    return Layer(path.name, None if frame.crs is None else _crs_name(frame.crs), columns, shapes)


def _known_crs(crs: str | None) -> str | None:
    """Return what a file says of its CRS; None where a GeoPackage says that it is undefined."""
    return None if crs is not None and "Undefined" in CRS.from_user_input(crs).name else crs


def _crs_name(crs: Any) -> str:
    authority = crs.to_authority()
    return crs.to_wkt() if authority is None else ":".join(authority)


def _shapes(geometry: NDArray[np.object_] | None, count: int) -> NDArray[np.object_]:
    """Return shapes of well-known binary; None where there is none or it cannot be read."""
    if geometry is None:
        return np.full(count, None, dtype=object)
    found: NDArray[np.object_] = shapely.from_wkb(geometry, on_invalid="ignore")
    return found


def _plain(column: NDArray[Any]) -> list[object]:
    return list(column.tolist())


def _broken(path: Path, why: str) -> BadInput:
    reason = why.partition("; It might help")[0].rstrip(".")
    return BadInput(
        f"{path.name} cannot be read as {KNOWN}; it may be cut off, so copy or export it once "
        f"more: {reason}.",
        key="file",
        value=path,
    )
