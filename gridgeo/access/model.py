"""Who may do what: roles and permissions, as values."""

from dataclasses import dataclass
from typing import Literal, get_args

from gridgeo.errors import Forbidden, Unauthorised

Role = Literal["viewer", "dispatcher", "planner", "analyst", "operator"]
Permission = Literal[
    "read_map",
    "read_devices",
    "read_events",
    "write_events",
    "plan",
    "see_small_counts",
    "write_rules",
]

ROLES: tuple[Role, ...] = get_args(Role)

GRANTED: dict[str, frozenset[str]] = {
    "read_map": frozenset({"anonymous", *ROLES}),
    "read_devices": frozenset({"dispatcher", "planner", "operator"}),
    "read_events": frozenset({"dispatcher", "planner", "analyst", "operator"}),
    "write_events": frozenset({"dispatcher", "operator"}),
    "plan": frozenset({"planner", "operator"}),
    "write_rules": frozenset({"operator"}),
    "see_small_counts": frozenset({"dispatcher", "planner", "analyst", "operator"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who asks: the name of the key and its role; no person."""

    name: str
    role: str

    def may(self, permission: str) -> bool:
        """Say whether the role holds a permission."""
        return self.role in GRANTED[permission]

    def require(self, permission: str) -> None:
        """Raise `Unauthorised` for a caller without a key, `Forbidden` for the wrong role."""
        if self.may(permission):
            return
        roles = ", ".join(sorted(GRANTED[permission]))
        if self.role == "anonymous":
            raise Unauthorised(
                f"This needs a key whose role is one of: {roles}. Send it as "
                "'Authorization: Bearer <key>'; local keys stand in var/local.json."
            )
        raise Forbidden(
            f"The key {self.name!r} has the role {self.role!r}; this needs one of: {roles}.",
            key="role",
            value=self.role,
        )


ANONYMOUS = Caller("anonymous", "anonymous")
