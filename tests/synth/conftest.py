"""The small city, made once for all tests of this folder."""

from pathlib import Path

import pytest

from gridgeo import synth

DATA = Path(__file__).parents[2] / "data"
ZHENGZHOU = synth.Division("410100", "郑州市", "city", None)


@pytest.fixture(scope="session")
def district_divisions() -> list[synth.Division]:
    text = (DATA / "zhengzhou_divisions.csv").read_text(encoding="utf-8")
    return synth.select_district(synth.parse_divisions(text, ZHENGZHOU), "410103")


@pytest.fixture(scope="session")
def small_city(district_divisions: list[synth.Division]) -> synth.SynthCity:
    text = (DATA / "zhengzhou_districts.geojson").read_text(encoding="utf-8")
    return synth.city(1, synth.parse_outline(text, "410103"), district_divisions)


@pytest.fixture(scope="session")
def tiny() -> synth.SynthCity:
    return synth.tiny_city(seed=1)
