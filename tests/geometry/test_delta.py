import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.errors import DeltaMismatch

STATES = st.dictionaries(st.sampled_from("abcdé"), st.integers(0, 3))


@given(STATES, STATES)
def test_change_between_two_states_leads_from_one_to_the_other(before, after):
    delta = Delta.between(before, after)
    assert delta.apply(before) == after
    assert (~delta).apply(after) == before


@given(STATES, STATES)
def test_change_and_its_inverse_are_nothing(before, after):
    delta = Delta.between(before, after)
    assert delta + ~delta == Delta()
    assert not delta + ~delta
    assert ~~delta == delta


@given(STATES, STATES, STATES)
def test_composition_is_the_change_between_the_ends(first, second, third):
    composed = Delta.between(first, second) + Delta.between(second, third)
    assert composed == Delta.between(first, third)


@given(STATES, STATES, STATES, STATES)
def test_composition_is_associative(a, b, c, d):
    one, two, three = Delta.between(a, b), Delta.between(b, c), Delta.between(c, d)
    assert (one + two) + three == one + (two + three)


@given(STATES, STATES, STATES)
def test_inverse_of_a_composition_is_the_composition_of_the_inverses(a, b, c):
    one, two = Delta.between(a, b), Delta.between(b, c)
    assert ~(one + two) == ~two + ~one


def test_codes_come_in_byte_order_and_only_what_changes():
    assert Delta({"é": 1, "b": 2, "a": 5}, {"B": 3, "a": 5}).codes == ("B", "b", "é")


def test_apply_keeps_the_order_of_the_state_with_newcomers_last():
    delta = Delta({"b": 1, "c": 1}, {"b": 2, "a": 3})
    assert list(delta.apply({"d": 0, "c": 1, "b": 1}).items()) == [("d", 0), ("b", 2), ("a", 3)]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (Delta({"a": 9}, {"a": 3}), "a"),
        (Delta({}, {"a": 3}), "a"),
        (Delta({"b": 1}, {"b": 2}), "b"),
    ],
)
def test_change_that_does_not_follow_the_first_is_refused(second, code):
    first = Delta({"a": 1, "b": 1}, {"a": 2})
    with pytest.raises(DeltaMismatch) as caught:
        first + second
    assert caught.value.value == code


@pytest.mark.parametrize("state", [{}, {"a": 2}, {"a": 1, "b": 1}])
def test_change_that_does_not_fit_the_state_is_refused(state):
    with pytest.raises(DeltaMismatch):
        Delta({"a": 1}, {"a": 2, "b": 3}).apply(state)
