import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.tiles.packing import CODINGS, coding_of, packed

READ = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize("coding", CODINGS)
@given(plain=st.binary(max_size=2000))
def test_what_is_packed_is_what_was_given(coding, plain):
    assert READ[coding](packed(plain, coding)) == plain


@given(accepted=st.binary(max_size=60))
def test_any_header_at_all_is_read(accepted):
    assert coding_of(accepted) in (None, *CODINGS)


@given(weights=st.dictionaries(st.sampled_from(["br", "gzip", "identity"]), st.integers(0, 10)))
def test_no_coding_is_taken_that_is_refused_or_liked_less_than_another(weights):
    header = ", ".join(f"{name};q={weight / 10}" for name, weight in weights.items()).encode()
    found = coding_of(header)
    best = max((weights.get(name, 0) for name in CODINGS), default=0)
    if found is None:
        assert best == 0 or weights.get("identity", 0) > best
    else:
        assert weights[found] == best > 0
