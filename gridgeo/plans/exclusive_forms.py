"""Forms of the edits of exclusive grids."""

from typing import Annotated, Literal

from pydantic import Field

from gridgeo.plans.edits import exclusive
from gridgeo.plans.form_parts import SQUARE, Code, Form, Geometry, Name, example
from gridgeo.plans.model import Edit


class CreateExclusiveForm(Form):
    """Lay a new exclusive grid over the city; without a code it gets the next one."""

    model_config = example(
        kind="create_exclusive", name="东站", exclusive_kind="transport_hub", geometry=SQUARE
    )

    kind: Literal["create_exclusive"]
    name: Name
    exclusive_kind: Annotated[str, Field(min_length=1, max_length=80)]
    geometry: Geometry
    code: Code | None = None
    synthetic: bool = False

    def edit(self) -> Edit:
        """Return the edit."""
        return exclusive.CreateExclusive(
            self.name, self.exclusive_kind, self.geometry.shape(), self.code, self.synthetic
        )


class EditExclusiveForm(Form):
    """Give an exclusive grid another name, kind or ground; what is left out stays."""

    model_config = example(kind="edit_exclusive", code="410103008008001", name="东站")

    kind: Literal["edit_exclusive"]
    code: Code
    name: Name | None = None
    exclusive_kind: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    geometry: Geometry | None = None

    def edit(self) -> Edit:
        """Return the edit."""
        shape = None if self.geometry is None else self.geometry.shape()
        return exclusive.EditExclusive(self.code, self.name, self.exclusive_kind, shape)


class RetireExclusiveForm(Form):
    """Take an exclusive grid off the city."""

    model_config = example(kind="retire_exclusive", code="410103008008001")

    kind: Literal["retire_exclusive"]
    code: Code

    def edit(self) -> Edit:
        """Return the edit."""
        return exclusive.RetireExclusive(self.code)
