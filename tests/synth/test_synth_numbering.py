"""First numbering: rows from the north, west to east inside a row."""

import numpy as np
import pytest

from gridgeo.synth.exclusive import exclusive_code
from gridgeo.synth.numbering import numbered, numbering_order


def test_rows_come_from_the_north_and_run_west_to_east() -> None:
    centres = np.array([(2.0, 0.1), (1.0, 0.0), (2.0, 1.0), (1.0, 0.9)])
    assert numbering_order(centres) == [3, 2, 1, 0]


def test_a_single_unit_is_number_one() -> None:
    assert numbering_order(np.array([(5.0, 5.0)])) == [0]


def test_equal_longitudes_run_north_to_south() -> None:
    assert numbering_order(np.array([(1.0, 0.0), (1.0, 1.0)])) == [1, 0]


def test_a_child_code_is_the_parent_code_and_three_digits() -> None:
    assert numbered("410103010006", 7) == "410103010006007"


@pytest.mark.parametrize("sequence", [0, 1000])
def test_a_sequence_beyond_999_is_an_error(sequence: int) -> None:
    with pytest.raises(OverflowError, match="beyond 001 to 999"):
        numbered("410103010006", sequence)


def test_an_exclusive_code_fills_the_common_ancestor_with_zeros() -> None:
    assert exclusive_code("410103", 12) == "410103000000012"
