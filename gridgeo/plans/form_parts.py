"""What the forms of the edits are made of: codes, places, lines and polygons."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from shapely.geometry import LineString, MultiPolygon, Polygon

from gridgeo.geometry.errors import InvalidShape
from gridgeo.units.model import Shape

LonLat = Annotated[tuple[FiniteFloat, FiniteFloat], Field(description="[lon, lat] in degrees.")]
Ring = Annotated[list[LonLat], Field(min_length=4)]
Rings = Annotated[list[Ring], Field(min_length=1)]
Code = Annotated[str, Field(min_length=1, max_length=24)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[
    list[LonLat],
    Field(min_length=2, max_length=10_000, description="A line: [lon, lat] of its points."),
]
Reach = Annotated[
    float,
    Field(ge=0.0, le=50.0, description="Metres that the hand may have missed a border by."),
]

REACH_M = 0.5

SQUARE = {
    "type": "Polygon",
    "coordinates": [[
        [113.6402, 34.7251], [113.6411, 34.7251], [113.6411, 34.7258], [113.6402, 34.7258],
        [113.6402, 34.7251],
    ]],
}  # fmt: skip
ONE, OTHER = "410103008008002005", "410103008008002006"
LINE = [[113.6398, 34.7254], [113.6404, 34.7255], [113.6412, 34.7254]]
"""For the examples of the API description."""


class Form(BaseModel):
    """What all forms have in common: an unknown key is an error, not a wish unheard."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


def example(**body: Any) -> ConfigDict:
    """Return the configuration of a form with an example for the API description."""
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [body]})


class PolygonForm(Form):
    """A GeoJSON polygon."""

    type: Literal["Polygon"]
    coordinates: Rings

    def shape(self) -> Shape:
        """Return it as a polygon."""
        return _polygon(self.coordinates)


class MultiPolygonForm(Form):
    """A GeoJSON multipolygon."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1)]

    def shape(self) -> Shape:
        """Return it as a multipolygon."""
        return MultiPolygon([_polygon(rings) for rings in self.coordinates])


def _polygon(rings: list[list[tuple[float, float]]]) -> Polygon:
    for ring in rings:
        if ring[0] != ring[-1]:
            lon, lat = ring[0]
            message = f"the ring that begins at ({lon}, {lat}) does not end there"
            raise InvalidShape(message, key="coordinates", lon=lon, lat=lat)
    shell, *holes = rings
    return Polygon(shell, holes)


Geometry = Annotated[PolygonForm | MultiPolygonForm, Field(discriminator="type")]


def line_of(places: list[tuple[float, float]]) -> LineString:
    """Return a line of a form."""
    return LineString(places)
