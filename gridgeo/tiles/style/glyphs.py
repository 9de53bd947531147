"""Glyphs for map labels: a font's characters as distances to their outline, 256 to a file.

Files and numbers are those of node-fontnik (https://github.com/mapbox/node-fontnik), by which map
clients read them: a character 24 pixels high with 3 pixels around it, one byte a pixel, 191 on the
outline, 8 pixels of distance for the whole scale. Distances are taken from the antialiased picture
of a character, as https://github.com/mapbox/tiny-sdf does.

`python -m gridgeo.tiles.style.glyphs FONTS OUT` makes them; `make up` does when a font has changed.
"""

import gzip
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import freetype
import numpy as np
from numpy.typing import NDArray

from gridgeo.tiles.style.assets import LAST_CODE, RANGE, range_name

FONT_PX = 24
BUFFER_PX = 3
RADIUS_PX = 8
CUTOFF = 0.25
"""Share of the scale that lies inside the outline."""

BASELINE_PX = 26
"""From the line that clients measure from down to the baseline: with it the middle of a Chinese
character is the middle of the text."""

STEP = 4
"""Bytes are multiples of it: a sixth less to send, and 1/16 of a pixel is not seen."""

FONT_FILES = ("*.otf", "*.ttf")

Picture = NDArray[np.uint8]
Distances = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A character as FreeType draws it: coverage 0 to 255, pixels right of the pen and above it."""

    code: int
    picture: Picture
    left_px: int
    top_px: int
    advance_px: int


def fonts_of(folder: Path) -> dict[str, Path]:
    """Return the fonts of a folder by the name under which a style asks for them: the file's."""
    files = (file for pattern in FONT_FILES for file in folder.glob(pattern))
    return {file.stem: file for file in sorted(files)}


def build(fonts: Path, out: Path) -> dict[str, int]:
    """Write the glyphs of all fonts of a folder, `out/FONT/FIRST-LAST.pbf.gz`; return the counts.

    A range in which the font has no character gets no file.
    """
    found = fonts_of(fonts)
    with ProcessPoolExecutor() as processes:
        counts = processes.map(_build_font, found.values(), (out / name for name in found))
        return dict(zip(found, counts, strict=True))


def _build_font(font: Path, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, packed in ranges_of(font):
        (out / f"{name}.pbf.gz").write_bytes(gzip.compress(packed, 9, mtime=0))
        count += 1
    return count


def ranges_of(font: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the ranges of a font that have characters: 'FIRST-LAST' and the message, ascending."""
    face = freetype.Face(str(font))
    face.set_pixel_sizes(0, FONT_PX)
    codes = sorted(code for code, _ in face.get_chars() if code <= LAST_CODE)
    for start, within in groupby(codes, key=lambda code: code - code % RANGE):
        name = range_name(start)
        yield name, _message(font.stem, name, [_draw(face, code) for code in within])


def _draw(face: freetype.Face, code: int) -> Drawn:
    face.load_char(chr(code), freetype.FT_LOAD_RENDER)
    slot, bitmap = face.glyph, face.glyph.bitmap
    rows = np.array(bitmap.buffer, dtype=np.uint8).reshape(bitmap.rows, bitmap.pitch)
    picture = rows[:, : bitmap.width]
    return Drawn(code, picture, slot.bitmap_left, slot.bitmap_top, round(slot.advance.x / 64))


def _message(font: str, name: str, drawn: list[Drawn]) -> bytes:
    """Return one range as the `glyphs` message of glyphs.proto."""
    fields = distance_fields([one.picture for one in drawn])
    glyphs = b"".join(
        _lengthy(3, _glyph(one, field)) for one, field in zip(drawn, fields, strict=True)
    )
    return _lengthy(1, _lengthy(1, font.encode()) + _lengthy(2, name.encode()) + glyphs)


def _glyph(one: Drawn, field: Picture) -> bytes:
    height, width = one.picture.shape
    bitmap = _lengthy(2, field.tobytes()) if one.picture.size else b""
    return (
        _number(1, one.code)
        + bitmap
        + _number(3, width)
        + _number(4, height)
        + _number(5, _zigzag(one.left_px))
        + _number(6, _zigzag(one.top_px - BASELINE_PX))
        + _number(7, one.advance_px)
    )


def distance_fields(pictures: Sequence[Picture]) -> list[Picture]:
    """Return each picture with its buffer, as bytes that say how far the outline is.

    Parameters
    ----------
    pictures : sequence of uint8, shape (height, width)
        Coverage, 0 to 255; sizes may differ.

    Returns
    -------
    list of uint8, shape (height + 6, width + 6)
        191 on the outline, more inside, 32 a pixel, to the nearest multiple of 4.
    """
    sizes = [picture.shape for picture in pictures]
    tall, wide = np.array([*sizes, (1, 1)]).max(axis=0) + 2 * BUFFER_PX
    coverage = np.zeros((len(sizes), tall, wide), dtype=np.uint8)
    for one, picture, (height, width) in zip(coverage, pictures, sizes, strict=True):
        one[BUFFER_PX : BUFFER_PX + height, BUFFER_PX : BUFFER_PX + width] = picture
    scale = 255 * (1 - CUTOFF - _outside(coverage) / RADIUS_PX)
    stepped = np.clip(np.rint(scale / STEP) * STEP, 0, 255).astype(np.uint8)
    return [
        one[: height + 2 * BUFFER_PX, : width + 2 * BUFFER_PX]
        for one, (height, width) in zip(stepped, sizes, strict=True)
    ]


def _outside(coverage: Picture) -> Distances:
    """Return the distance to the outline in pixels, negative inside; (n, height, width)."""
    share = coverage.astype(np.float32) / 255
    far = np.float32((2 * RADIUS_PX) ** 2)
    edge = np.float32(0.5) - share  # how far the outline runs from the middle of a mixed pixel
    out = np.where(share == 0, far, np.maximum(edge, 0) ** 2)
    within = np.where(share == 1, far, np.maximum(-edge, 0) ** 2)
    return np.sqrt(_nearest(out)) - np.sqrt(_nearest(within))


def _nearest(squares: Distances) -> Distances:
    """Return the least square + squared distance over all pixels within the radius.

    Along one axis, then the other, as P. Felzenszwalb and D. Huttenlocher, "Distance Transforms
    of Sampled Functions" (2012); no farther than the radius, so shifted copies do for parabolas.
    """
    for _ in ("along rows", "along columns"):
        least = squares.copy()
        for step in range(1, min(RADIUS_PX, squares.shape[2] - 1) + 1):
            cost = np.float32(step * step)
            np.minimum(least[..., step:], squares[..., :-step] + cost, out=least[..., step:])
            np.minimum(least[..., :-step], squares[..., step:] + cost, out=least[..., :-step])
        squares = least.swapaxes(1, 2)
    return squares


def _lengthy(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    head = bytearray()
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


if __name__ == "__main__":
    made = build(Path(sys.argv[1]), Path(sys.argv[2]))
    print(", ".join(f"{font}: {count} ranges" for font, count in made.items()))
