"""Letters of the map: their distance fields, and that no Chinese name lacks one."""

import gzip
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import freetype
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridgeo.settings import ROOT
from gridgeo.tiles.style import assets
from gridgeo.tiles.style.glyphs import (
    BUFFER_PX,
    FONT_PX,
    build,
    distance_fields,
    fonts_of,
    ranges_of,
)

TILES = ROOT / "tiles"
FONTS = fonts_of(TILES / "fonts")

pictures = st.tuples(st.integers(1, 14), st.integers(1, 14)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 255, 255, 60, 128, 200]))
)


def fields_of(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Read a protocol buffer's message: number and value of each field."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        key = varint()
        value = varint()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        yield key >> 3, value


def stack_of(message: bytes) -> tuple[str, str, list[dict[int, int | bytes]]]:
    """Font, range and glyphs of a range."""
    ((_, stack),) = fields_of(message)
    parts = list(fields_of(stack))
    glyphs = [dict(fields_of(part)) for number, part in parts if number == 3]
    return parts[0][1].decode(), parts[1][1].decode(), glyphs


def slow_field(picture: np.ndarray) -> np.ndarray:
    """What `distance_fields` gives, by asking every pixel of every pixel."""
    share = np.pad(picture.astype(float) / 255, BUFFER_PX)
    y, x = np.indices(share.shape)
    apart_y, apart_x = y[..., None, None] - y, x[..., None, None] - x
    near = (np.abs(apart_y) <= 8) & (np.abs(apart_x) <= 8)

    def least(reached: np.ndarray, depth: np.ndarray) -> np.ndarray:
        cost = np.sqrt(apart_y**2 + apart_x**2 + np.maximum(depth, 0) ** 2)
        return np.where(near & reached, cost, 16).min(axis=(2, 3))

    field = least(share > 0, 0.5 - share) - least(share < 1, share - 0.5)
    return np.clip(np.rint(255 * (0.75 - field / 8) / 4) * 4, 0, 255)


@settings(max_examples=15)
@given(st.lists(pictures, min_size=1, max_size=3))
def test_distances_are_those_that_the_slow_way_finds(some):
    for picture, field in zip(some, distance_fields(some), strict=True):
        assert np.abs(field - slow_field(picture)).max() <= 4


def test_the_outline_lies_at_191_and_a_pixel_is_32():
    half = np.zeros((9, 9), dtype=np.uint8)
    half[:, :4], half[:, 4] = 255, 128
    (field,) = distance_fields([half])
    row = field[BUFFER_PX + 4].astype(int)
    assert abs(row[BUFFER_PX + 4] - 191) <= 4
    assert np.abs(np.diff(row[BUFFER_PX + 4 : BUFFER_PX + 9]) + 32).max() <= 4


def test_a_range_says_what_freetype_says():
    name, message = next(ranges_of(FONTS["Noto Sans SC Medium"]))
    font, span, glyphs = stack_of(message)
    assert (font, name, span) == ("Noto Sans SC Medium", "0-255", "0-255")
    face = freetype.Face(str(FONTS[font]))
    face.set_pixel_sizes(0, FONT_PX)
    for glyph in glyphs:
        face.load_char(chr(glyph[1]), freetype.FT_LOAD_RENDER)
        bitmap = face.glyph.bitmap
        assert (glyph[3], glyph[4]) == (bitmap.width, bitmap.rows)
        assert glyph[7] == round(face.glyph.advance.x / 64)
        around = (bitmap.width + 2 * BUFFER_PX) * (bitmap.rows + 2 * BUFFER_PX)
        assert len(glyph.get(2, b"")) == (around if bitmap.width else 0)
    space = next(glyph for glyph in glyphs if glyph[1] == ord(" "))
    assert space[7] > 0


def test_the_middle_of_a_chinese_character_is_the_middle_of_the_text():
    message = gzip.decompress(assets.glyphs(TILES, "Noto Sans SC Regular", "22016-22271"))
    box = next(glyph for glyph in stack_of(message)[2] if glyph[1] == ord("国"))
    top = (box[6] >> 1) ^ -(box[6] & 1)
    middle = top - box[4] / 2  # clients put the line they measure from 17 px above the middle
    assert abs(middle + 17) <= 0.5


@pytest.mark.parametrize("font", FONTS)
def test_no_character_of_gb_2312_or_of_our_data_lacks_a_letter(font):
    have = {
        glyph[1]
        for file in (TILES / "glyphs" / font).iterdir()
        for glyph in stack_of(gzip.decompress(file.read_bytes()))[2]
    }
    pairs = (bytes(pair) for pair in product(range(0xA1, 0xF8), range(0xA1, 0xFF)))
    wanted = {char for pair in pairs for char in pair.decode("gb2312", "ignore")}
    files = [*(ROOT / "data").rglob("*.*"), *(ROOT / "gridgeo/synth").glob("*.py")]
    for file in files:
        wanted |= set(file.read_text(encoding="utf-8"))
    assert {char for char in wanted if char.isprintable() and ord(char) not in have} == set()
    assert {ord(char) for char in "圪垱垯 Aa0ǎ，。（）—·℃²"} <= have


def test_the_glyphs_that_are_served_are_those_of_the_fonts(tmp_path):
    small = tmp_path / "fonts"
    small.mkdir()
    assert build(small, tmp_path / "none") == {}
    for font, file in FONTS.items():
        name, message = next(ranges_of(file))
        assert gzip.decompress(assets.glyphs(TILES, font, name)) == message
    assert assets.fonts(TILES) == sorted(FONTS)


def test_the_licence_of_the_fonts_lies_beside_them():
    text = Path(TILES / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
