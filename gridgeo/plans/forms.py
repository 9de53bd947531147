"""The edits there are, in the form in which they are asked for and kept.

A new edit is one class in `border_forms.py`, `unit_forms.py` or `exclusive_forms.py`, a member of
`EditForm`, and what it does to the map: an `Edit` of `edits/`, or an edit of shapes in
`geometry/edits/` put into `Reshape` of `model.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter, ValidationError

from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.plans.border_forms import MoveVertexForm, ReshapeForm, SnapBorderForm, TransferForm
from gridgeo.plans.exclusive_forms import (
    CreateExclusiveForm,
    EditExclusiveForm,
    RetireExclusiveForm,
)
from gridgeo.plans.model import Edit
from gridgeo.plans.unit_forms import (
    CreateForm,
    MergeForm,
    RenameForm,
    ReparentForm,
    ReplaceForm,
    RestoreForm,
    RetireForm,
    SplitForm,
)

EditForm = (
    MoveVertexForm
    | SplitForm
    | MergeForm
    | TransferForm
    | ReshapeForm
    | SnapBorderForm
    | ReparentForm
    | RenameForm
    | CreateForm
    | RetireForm
    | ReplaceForm
    | RestoreForm
    | CreateExclusiveForm
    | EditExclusiveForm
    | RetireExclusiveForm
)
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


def recoded(params: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, Any]:
    """Return an edit's form, as it is kept, with other codes for units that carry others now."""
    return {
        key: value if key in _NO_CODES else _with_codes(value, codes)
        for key, value in params.items()
    }


_NO_CODES = {"name", "exclusive_kind", "level", "geometry", "lines", "line", "onto"}


def _with_codes(value: Any, codes: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return codes.get(value, value)
    if isinstance(value, list):
        return [_with_codes(item, codes) for item in value]
    return recoded(value, codes) if isinstance(value, dict) else value
