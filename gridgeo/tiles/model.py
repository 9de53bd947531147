"""A tile request as a value, and the catalogue of layers with their zooms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gridgeo.db.layers import Layer
from gridgeo.errors import NotFound


@dataclass(frozen=True, slots=True)
class TileLayer:
    """A layer with the zooms that `tiles/layers.toml` gives it."""

    layer: Layer
    minzoom: int
    maxzoom: int

    @property
    def has_versions(self) -> bool:
        """Whether a tile depends on the map version alone; what stands on the ground does not."""
        return b"%(version)s" in self.layer.statement


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One tile of one layer of one map version."""

    layer: TileLayer
    z: int
    x: int
    y: int
    version: int

    @property
    def parameters(self) -> dict[str, object]:
        """What the layer's statement takes."""
        return {
            **self.layer.layer.parameters,
            "layer": self.layer.layer.name,
            "version": self.version,
            "z": self.z,
            "x": self.x,
            "y": self.y,
        }


class Catalogue:
    """All layers by name."""

    def __init__(self, layers: Iterable[Layer], zooms: Mapping[str, Mapping[str, Any]]) -> None:
        by_name = {layer.name: layer for layer in layers}
        unknown = set(zooms) - set(by_name)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ValueError(f"tiles/layers.toml names layers that do not exist: {names}")
        self._layers = {
            name: TileLayer(by_name[name], int(row["minzoom"]), int(row["maxzoom"]))
            for name, row in zooms.items()
        }

    def __iter__(self) -> Iterable[TileLayer]:
        return iter(self._layers.values())

    @property
    def covers(self) -> dict[str, TileLayer]:
        """The layers that show the cover at a level, by name."""
        return {n: one for n, one in self._layers.items() if "level" in one.layer.parameters}

    def get(self, name: str) -> TileLayer:
        """Return a layer; raises `NotFound` listing the layers."""
        if name not in self._layers:
            raise NotFound(
                f"There is no layer {name!r}; the layers are {', '.join(self._layers)}.",
                key="layer",
                value=name,
            )
        return self._layers[name]

    def request(self, name: str, z: int, x: int, y: int, version: int) -> TileRequest:
        """Return a tile request; raises `NotFound` for a zoom or tile that is not there."""
        layer = self.get(name)
        if not layer.minzoom <= z <= layer.maxzoom:
            raise NotFound(
                f"The layer {name} has zooms {layer.minzoom} to {layer.maxzoom}.", key="z", value=z
            )
        for key, number in (("x", x), ("y", y)):
            if not 0 <= number < 2**z:
                raise NotFound(
                    f"At zoom {z}, {key} runs from 0 to {2**z - 1}.", key=key, value=number
                )
        return TileRequest(layer, z, x, y, version)
