"""Forms of the edits by which units come, change and go."""

from typing import Literal

from pydantic import Field, model_validator

from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits import create, tree
from gridgeo.plans.edits.merge import Merge
from gridgeo.plans.edits.restore import Restore
from gridgeo.plans.edits.retire import Retire
from gridgeo.plans.edits.split import Split
from gridgeo.plans.form_parts import (
    LINE,
    ONE,
    OTHER,
    REACH_M,
    SQUARE,
    Code,
    Form,
    Geometry,
    Line,
    LonLat,
    Name,
    Reach,
    example,
    line_of,
)
from gridgeo.plans.model import Edit
from gridgeo.plans.redraw import Redraw

MAX_UNITS = 20_000


class SplitForm(Form):
    """Split a leaf by lines; the largest piece, or that at `keep`, keeps the code."""

    model_config = example(kind="split", code=ONE, lines=[LINE])

    kind: Literal["split"]
    code: Code
    lines: list[Line] = Field(min_length=1, max_length=100)
    keep: LonLat | None = None
    reach_m: Reach = REACH_M

    def edit(self) -> Edit:
        """Return the edit."""
        lines = [line_of(line) for line in self.lines]
        return Split(self.code, lines, self.reach_m, self.keep)


class MergeForm(Form):
    """Merge neighbours of one level; the largest, or `keep`, keeps its code."""

    model_config = example(kind="merge", codes=[ONE, OTHER], keep=ONE)

    kind: Literal["merge"]
    codes: list[Code] = Field(min_length=2, max_length=1_000)
    keep: Code | None = None

    def edit(self) -> Edit:
        """Return the edit."""
        return Merge(self.codes, self.keep)


class ReparentForm(Form):
    """Let units, with all that is in them, come under another administering unit."""

    model_config = example(kind="reparent", codes=[ONE], parent_code="410103008008001")

    kind: Literal["reparent"]
    codes: list[Code] = Field(min_length=1, max_length=MAX_UNITS)
    parent_code: Code

    def edit(self) -> Edit:
        """Return the edit."""
        return tree.Reparent(self.codes, self.parent_code)


class RenameForm(Form):
    """Give a unit another name or legal parent; with `recode`, its next official code."""

    model_config = example(kind="rename", code=ONE, name="河畔")

    kind: Literal["rename"]
    code: Code
    name: Name | None = None
    legal_parent_code: Code | None = None
    recode: bool = Field(False, description="The unit goes on under the next code of its parent.")

    @model_validator(mode="after")
    def _says_something(self) -> "RenameForm":
        if self.recode and self.legal_parent_code is not None:
            raise ValueError("give the legal parent in an edit of its own, after the new code")
        if not self.recode and self.name is None and self.legal_parent_code is None:
            raise ValueError("give a name, a legal_parent_code, or recode")
        return self

    def edit(self) -> Edit:
        """Return the edit."""
        if self.recode:
            return tree.Recode(self.code, self.name)
        return tree.Rename(self.code, self.name, self.legal_parent_code)


class CreateForm(Form):
    """Create a leaf on a ground (`geometry`), or a unit above others (`units`).

    A leaf takes its ground from those that lie there. What is left out is found out.
    """

    model_config = example(kind="create", geometry=SQUARE, name="新网格")

    kind: Literal["create"]
    geometry: Geometry | None = None
    units: list[Code] | None = Field(None, min_length=1, max_length=MAX_UNITS)
    code: Code | None = None
    level: str | None = None
    name: Name | None = None
    parent_code: Code | None = None
    households: int | None = Field(None, ge=0, le=10_000_000)
    legal_parent_code: Code | None = None
    synthetic: bool | None = None
    sliver_m: Reach = REACH_M

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "CreateForm":
        if (self.geometry is None) == (self.units is None):
            raise ValueError("give the geometry of a leaf, or the units that come under a new one")
        return self

    def edit(self) -> Edit:
        """Return the edit."""
        unit = Drawn(
            code=self.code,
            shape=None if self.geometry is None else self.geometry.shape(),
            level=self.level,
            name=self.name,
            parent_code=self.parent_code,
            households=self.households,
            legal_parent_code=self.legal_parent_code,
            synthetic=self.synthetic,
        )
        if self.units is not None:
            return create.CreateAbove(unit, self.units)
        return create.CreateLeaf(unit, self.sliver_m)


class RetireForm(Form):
    """Let a unit go; its ground goes to the heirs, each what is nearest to it.

    Without heirs it goes to its neighbours under the same parent, or else to all.
    """

    model_config = example(kind="retire", code=ONE, heirs=[OTHER])

    kind: Literal["retire"]
    code: Code
    heirs: list[Code] = Field(default=[], max_length=1_000)

    def edit(self) -> Edit:
        """Return the edit."""
        return Retire(self.code, tuple(dict.fromkeys(self.heirs)))


class UnitForm(Form):
    """A unit of a redraw; what is left out stays, and for a new unit is found out.

    A new unit stands beside the leaf on whose ground most of it lies, and gets the next code.
    """

    code: Code | None = None
    geometry: Geometry | None = Field(None, description="Of a leaf; others are their children.")
    level: str | None = None
    name: Name | None = None
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

    model_config = example(
        kind="replace", units=[{"code": ONE, "geometry": SQUARE}], retired=[OTHER]
    )

    kind: Literal["replace"]
    units: list[UnitForm] = Field(min_length=1, max_length=MAX_UNITS)
    retired: list[Code] = Field(default=[], max_length=MAX_UNITS)

    def edit(self) -> Edit:
        """Return the edit."""
        return Redraw([unit.drawn() for unit in self.units], self.retired)


class RestoreForm(Form):
    """Bring back a version: undo what later versions did, up to `seen` or the plan's base."""

    model_config = example(kind="restore", version=1)

    kind: Literal["restore"]
    version: int = Field(ge=1, le=2**31 - 1)
    seen: int | None = Field(None, ge=1, le=2**31 - 1)

    def edit(self) -> Edit:
        """Return the edit."""
        return Restore(self.version, self.seen)
