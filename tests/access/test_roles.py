import pytest

from gridgeo.access.model import ANONYMOUS, GRANTED, ROLES, Caller
from gridgeo.errors import Forbidden, Unauthorised

MAY = {
    "anonymous": {"read_map"},
    "viewer": {"read_map"},
    "dispatcher": {
        "read_map", "read_devices", "read_events", "write_events", "see_small_counts",
    },
    "planner": {"read_map", "read_devices", "read_events", "plan", "see_small_counts"},
    "analyst": {"read_map", "read_events", "see_small_counts"},
    "operator": {
        "read_map", "read_devices", "read_events", "write_events", "plan", "see_small_counts",
        "write_rules",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", MAY)
def test_a_role_may_what_the_table_says_and_nothing_else(role):
    caller = Caller("key", role)
    assert {permission for permission in GRANTED if caller.may(permission)} == MAY[role]


def test_every_role_is_in_the_table():
    assert set(MAY) == {"anonymous", *ROLES}


def test_a_caller_with_the_permission_passes_in_silence():
    Caller("desk", "dispatcher").require("write_events")


def test_no_key_is_unauthorised_and_told_which_roles_would_do():
    with pytest.raises(Unauthorised, match="dispatcher, operator"):
        ANONYMOUS.require("write_events")


def test_a_wrong_role_is_forbidden_and_told_which_roles_would_do():
    with pytest.raises(Forbidden, match="dispatcher, operator") as refused:
        Caller("screen", "viewer").require("write_events")
    assert (refused.value.key, refused.value.value) == ("role", "viewer")
