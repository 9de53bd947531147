import csv
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.access.masking import mask
from gridgeo.events.model import CLOSED_STATES, Report, State
from gridgeo.settings import ROOT

MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@pytest.mark.parametrize(
    "number",
    [
        "13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "+86 138-1234-5678",
        "008613812345678", "8613812345678", "１３８１２３４５６７８", "138　1234　5678",
        "410105199001011234", "41010519900101123X", "410105 19900101 123x",
        "0371-67181234", "037167181234", "010 6718 1234", "0371）67181234",
    ],
)  # fmt: skip
def test_a_number_that_leads_to_a_person_is_blotted_out(number):
    masked = mask(f"联系人电话{number},门口有垃圾")
    assert not any(mark.isdecimal() for mark in masked)
    assert masked.endswith(",门口有垃圾")
    assert len(masked) == len(f"联系人电话{number},门口有垃圾")


@pytest.mark.parametrize(
    "text",
    [
        "", "井盖破损, 文化路59号院3号楼2单元", "2026-03-01 08:00 起停水", "网格 410105001001001",
        "113.6253, 34.7466", "12345", "灯杆 138123456781234",
    ],
)  # fmt: skip
def test_what_names_no_person_is_left_alone(text):
    assert mask(text) == text


@given(
    st.text(alphabet="0123456789 -+Xx号电话aZ１２３"), st.integers(13_000_000_000, 19_999_999_999)
)
def test_no_mobile_number_survives(text, number):
    masked = mask(f"{text} {number} {text[::-1]}")
    plain = unicodedata.normalize("NFKC", masked)
    assert not MOBILE.search(plain)
    assert str(number) not in masked


@given(st.text())
def test_masking_keeps_the_length_and_twice_is_once(text):
    masked = mask(text)
    assert len(masked) == len(text)
    assert mask(masked) == masked


REPORT = Report("c", "1", "s", "06", 113.6, 34.7, datetime(2026, 3, 1, tzinfo=UTC), 5.0, "text")


def changed(**fields):
    return Report(**{name: getattr(REPORT, name) for name in Report.__slots__} | fields)


def test_a_repeat_is_known_by_its_content_whatever_its_words_key_and_time_zone():
    at_home = REPORT.occurred_at.astimezone(timezone(timedelta(hours=8)))
    same = changed(description="other", external_id="2", channel="d", occurred_at=at_home)
    assert same.content_hash == REPORT.content_hash


@pytest.mark.parametrize(
    "fields",
    [
        {"lon": 113.7}, {"lat": 34.8}, {"category": "07"}, {"category_scheme": "t"},
        {"accuracy_m": 6.0}, {"occurred_at": datetime(2026, 3, 2, tzinfo=UTC)},
    ],
)  # fmt: skip
def test_another_place_time_matter_or_accuracy_is_other_content(fields):
    assert changed(**fields).content_hash != REPORT.content_hash


def test_the_states_are_those_of_the_data_and_the_closed_ones_are_among_them():
    with (ROOT / "data" / "case_states.csv").open(encoding="utf-8") as lines:
        codes = {row["code"] for row in csv.DictReader(lines)}
    assert set(get_args(State)) == codes
    assert codes >= CLOSED_STATES
