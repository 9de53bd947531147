"""Counts that are reached exactly, and lists that cannot be completed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reduced import SIZES, divisions, few_divisions, few_outlines, outlines

from gridgeo import synth
from gridgeo.synth.census import shared_out, take_census
from gridgeo.synth.zones import ground_of, with_zones

RNG = np.random.default_rng


@given(
    st.lists(st.floats(0.1, 9.0), min_size=1, max_size=40),
    st.integers(0, 3),
    st.integers(0, 5),
    st.floats(0.0, 1.0),
)
def test_shares_sum_to_the_total_within_their_limits(
    weights: list[float], least: int, spread: int, fill: float
) -> None:
    most = least + spread
    total = least * len(weights) + round(fill * spread * len(weights))
    shares = shared_out(total, np.array(weights), least, most)
    assert shares.sum() == total
    assert shares.min() >= least and shares.max() <= most


@pytest.mark.parametrize("total", [2, 13])
def test_a_total_out_of_reach_is_an_error(total: int) -> None:
    with pytest.raises(ValueError, match="cannot be shared among 3"):
        shared_out(total, np.ones(3), 1, 4)


def test_the_real_list_is_completed_to_the_published_counts() -> None:
    rows = with_zones(divisions(), outlines())
    plans = take_census(rows, synth.ZHENGZHOU, RNG(1))
    assert len([row for row in rows if row.level == "district"]) == 16
    assert len(plans) == 215
    assert sum(plan.row.synthetic for plan in plans) == 7
    communities = [c for plan in plans for c in plan.communities]
    assert len(communities) == 3530
    assert sum(c.row.synthetic for c in communities) == 224
    assert sum(plan.micro_grids for plan in plans) == 47078
    assert sum(plan.leaves for plan in plans) == 58484
    assert len({c.row.code for c in communities}) == 3530
    assert {ground_of(plan.row) for plan in plans} == set(outlines())


def test_the_stress_city_has_more_micro_grids_on_the_same_ground() -> None:
    plans = take_census(with_zones(divisions(), outlines()), synth.STRESS, RNG(1))
    assert sum(plan.micro_grids for plan in plans) == 107158


def rows() -> list[synth.Division]:
    return with_zones(few_divisions(), few_outlines())


def test_a_list_with_more_townships_than_wished_is_an_error() -> None:
    with pytest.raises(ValueError, match="more than wished"):
        take_census(rows(), replace(SIZES, townships=3), RNG(1))


def test_a_list_with_more_communities_than_wished_is_an_error() -> None:
    with pytest.raises(ValueError, match="too few for the list"):
        take_census(rows(), replace(SIZES, communities=3), RNG(1))


def test_codes_of_committees_end_at_199() -> None:
    city = synth.Division("410100", "郑州市", "city", None)
    district = synth.Division("410103", "二七区", "district", "410100")
    street = synth.Division("410103010", "德化街街道", "township", "410103")
    last = synth.Division("410103010199", "末社区居民委员会", "community", "410103010")
    sizes = replace(SIZES, townships=1, communities=2)
    with pytest.raises(ValueError, match="no code is left"):
        take_census([city, district, street, last], sizes, RNG(1))
