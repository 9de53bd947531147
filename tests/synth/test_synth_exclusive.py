"""Exclusive grids must cross a township border."""

import numpy as np
import pytest

from gridgeo.synth.exclusive import exclusive_grids
from gridgeo.synth.plan import Node
from gridgeo.synth.rings import Frame, Ring


def square(west: int, south: int, side: int) -> Ring:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    return np.array([1136000000 + west, 347000000 + south]) + side * corners


def node(level: str, code: str, ring: Ring, *children: Node) -> Node:
    made = Node(level, code, "示例", "示例", "urban", 1.0, 0.0, children=list(children))
    made.ring = ring
    return made


def test_a_landmark_within_reach_of_one_township_only_is_an_error() -> None:
    far = [node("township", f"41990100{k}", square(9_000_000, k * 10, 5)) for k in (1, 2)]
    district = node("district", "419901", square(0, 0, 100_000), *far)
    city = node("city", "419900", district.outline(), district)
    with pytest.raises(ValueError, match="crosses a township border"):
        exclusive_grids(city, Frame(34.7), np.random.default_rng(1))
