"""Rows by number, against a dict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry.row_lookup import RowLookup

NUMBERS = st.lists(st.integers(-3, 12), unique=True)


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@given(NUMBERS, st.integers(-5, 15))
def test_a_number_is_found_in_its_row_and_no_other_is(kind, numbers, asked):
    lookup = RowLookup(np.array(numbers, dtype=kind))
    rows = {number: row for row, number in enumerate(numbers)}
    assert (asked in lookup) == (asked in rows)
    if asked in rows:
        assert lookup[asked] == rows[asked]
    else:
        with pytest.raises(KeyError):
            lookup[asked]
