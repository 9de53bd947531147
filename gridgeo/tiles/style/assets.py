"""What a map needs besides tiles and styles: sprites (icons in one picture), glyphs (letters).

Both lie in the tiles folder under the names by which clients ask for them, glyphs packed.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from gridgeo.errors import BadInput, NotFound

RANGE = 256
LAST_CODE = 0x10FFFF
_RANGE = re.compile(r"(\d{1,7})-(\d{1,7})", re.ASCII)
_NO_GLYPHS = gzip.compress(b"", mtime=0)


def range_name(first: int) -> str:
    """Return the name of the range of glyphs that begins at a code point."""
    return f"{first}-{first + RANGE - 1}"


def sprite(tiles_dir: Path, file: str) -> bytes:
    """Return a file of a sprite, such as 'day@2x.png'; raises `NotFound` listing the files."""
    names = sorted(path.name for path in (tiles_dir / "sprites").glob("*.*"))
    if file not in names:
        raise NotFound(
            f"There is no sprite file {file!r}; there are {', '.join(names) or 'none'}.",
            key="file",
            value=file,
        )
    return (tiles_dir / "sprites" / file).read_bytes()


def fonts(tiles_dir: Path) -> list[str]:
    """Return the names of the fonts that have glyphs."""
    return sorted(path.name for path in (tiles_dir / "glyphs").glob("*") if path.is_dir())


def glyphs(tiles_dir: Path, fontstack: str, span: str) -> bytes:
    """Return a range of glyphs, gzipped, of the first font of a comma-separated stack there is.

    A range in which the font has no character is an empty message, as clients expect.

    Raises
    ------
    BadInput
        The range is not 256 code points from a multiple of 256 on.
    NotFound
        None of the fonts is there.
    """
    found = _RANGE.fullmatch(span)
    first = int(found[1]) if found else -1
    if first % RANGE or first > LAST_CODE or span != range_name(first):
        raise BadInput(
            f"A range of glyphs is FIRST-LAST, 256 characters from a multiple of 256 on, "
            f"such as 19968-20223, not {span!r}.",
            key="span",
            value=span,
        )
    font = _first_of(fontstack, fonts(tiles_dir))
    file = tiles_dir / "glyphs" / font / f"{span}.pbf.gz"
    return file.read_bytes() if file.exists() else _NO_GLYPHS


def _first_of(fontstack: str, there: list[str]) -> str:
    for font in fontstack.split(","):
        if font.strip() in there:
            return font.strip()
    raise NotFound(
        f"There is no font {fontstack!r}; the fonts are {', '.join(there)}."
        if there
        else "No glyphs have been made yet; `make up` makes them.",
        key="fontstack",
        value=fontstack,
    )


def files(tiles_dir: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of all sprites and glyphs, for a map that needs no server.

    Paths are those that styles ask for: `sprites/day.json`, `glyphs/FONT/0-255.pbf`; glyphs are
    unpacked. A range without characters has no file.
    """
    for path in sorted((tiles_dir / "sprites").glob("*.*")):
        yield f"sprites/{path.name}", path.read_bytes()
    for font in fonts(tiles_dir):
        for path in sorted((tiles_dir / "glyphs" / font).glob("*.pbf.gz")):
            yield (
                f"glyphs/{font}/{path.name.removesuffix('.gz')}",
                gzip.decompress(path.read_bytes()),
            )
