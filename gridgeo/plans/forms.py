"""The edits there are, in the form in which they are asked for and kept.

A new edit is one class here, a member of `EditForm`, and what it does to the map: an `Edit` of
`model.py`, or an edit of shapes in `geometry/edits/` put into `Reshape`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.geometry.errors import InvalidShape
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.model import Edit, Reshape
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Shape

MAX_UNITS = 20_000

LonLat = Annotated[tuple[FiniteFloat, FiniteFloat], Field(description="[lon, lat] in degrees.")]
Ring = Annotated[list[LonLat], Field(min_length=4)]
Rings = Annotated[list[Ring], Field(min_length=1)]
Code = Annotated[str, Field(min_length=1, max_length=24)]


class Form(BaseModel):
    """What all forms have in common: an unknown key is an error, not a wish unheard."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class MoveVertexForm(Form):
    """Move the shared vertex at `at` to `to`; every unit that has it gets the new one."""

    kind: Literal["move_vertex"]
    at: LonLat
    to: LonLat

    def edit(self) -> Edit:
        """Return the edit."""
        return Reshape(MoveVertex(self.at, self.to))


class UnitForm(Form):
    """A unit of a redraw; what is left out stays, and for a new unit is found out.

    A new unit stands beside the leaf on whose ground most of it lies, and gets the next code.
    """

    code: Code | None = None
    geometry: Geometry | None = Field(None, description="Of a leaf; others are their children.")
    level: str | None = None
    name: str | None = Field(None, min_length=1, max_length=200)
    parent_code: Code | None = None
    households: int | None = Field(None, ge=0, le=10_000_000)
    legal_parent_code: Code | None = None
    synthetic: bool | None = None

    def drawn(self) -> Drawn:
        """Return it as a value."""
        shape = None if self.geometry is None else self.geometry.shape()
        rest = {key: value for key, value in self if key != "geometry"}
        return Drawn(shape=shape, **rest)


class ReplaceForm(Form):
    """Replace leaves by others on the same ground: `units` are drawn anew, `retired` go.

    All other units stay; the ground of all together must stay the same.
    """

    kind: Literal["replace"]
    units: list[UnitForm] = Field(min_length=1, max_length=MAX_UNITS)
    retired: list[Code] = Field(default=[], max_length=MAX_UNITS)

    def edit(self) -> Edit:
        """Return the edit."""
        return Redraw([unit.drawn() for unit in self.units], self.retired)


EditForm = MoveVertexForm | ReplaceForm
"""Every edit there is."""

AnyEdit = Annotated[EditForm, Field(discriminator="kind")]
"""The same, told apart by `kind`."""

KINDS = tuple(get_args(form.model_fields["kind"].annotation)[0] for form in get_args(EditForm))

_READER: TypeAdapter[EditForm] = TypeAdapter(AnyEdit)


def read_edit(kind: str, params: Mapping[str, Any]) -> Edit:
    """Build an edit from its kept form; raises `UnknownKeyword` or `BadInput` naming the key."""
    if kind not in KINDS:
        raise UnknownKeyword(
            f"Unknown edit kind {kind!r}; the kinds are {', '.join(KINDS)}.", key="kind", value=kind
        )
    try:
        return _READER.validate_python({**params, "kind": kind}).edit()
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:])
        raise BadInput(f"{key}: {first['msg']}.", key=key) from error


def params_of(form: EditForm) -> dict[str, Any]:
    """Return the form of an edit as it is kept: JSON without what was left out."""
    return form.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
