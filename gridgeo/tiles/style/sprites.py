"""Sprites: all icons of `icons/*.svg` of the tiles folder in one sheet, in the colours of a theme.

A theme is a style sheet, `icons/THEME.css`; an icon says by classes what is coloured. The sheet is
an SVG in which the icons stand in rows; a browser draws it (`scripts/sprites.py`).
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHEET_PX = 160
"""Width of a sheet."""

GAP_PX = 1
"""Between icons, so that none gets the edge of another when it is magnified."""

RATIOS = {"": 1, "@2x": 2}
"""Pixels of the picture to a pixel of the map, by what the file's name ends with."""

_SVG = "http://www.w3.org/2000/svg"

ET.register_namespace("", _SVG)


@dataclass(frozen=True, slots=True)
class Icon:
    """An icon and where it lies in its sheet, in pixels of the map."""

    name: str
    drawing: ET.Element
    x: int
    y: int
    width: int
    height: int

    def entry(self, ratio: int) -> dict[str, int]:
        """Return what the sprite's index says of it."""
        places = {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
        return {**{key: value * ratio for key, value in places.items()}, "pixelRatio": ratio}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A theme's sheet: the drawing, its size in pixels of the map, and its icons by name."""

    svg: str
    width: int
    height: int
    icons: tuple[Icon, ...]

    @property
    def page(self) -> str:
        """A page that shows nothing but the sheet, for a browser to take a picture of."""
        return f'<!doctype html><body style="margin:0;line-height:0">{self.svg}</body>'

    def index(self, ratio: int) -> dict[str, dict[str, int]]:
        """Return the sprite's index for a picture of so many pixels to one of the map."""
        return {icon.name: icon.entry(ratio) for icon in self.icons}


def themes(tiles_dir: Path) -> list[str]:
    """Return the names of the themes, in alphabetical order."""
    return sorted(path.stem for path in (tiles_dir / "icons").glob("*.css"))


def sheet(tiles_dir: Path, theme: str) -> Sheet:
    """Return the sheet of a theme.

    Raises
    ------
    ValueError
        An icon is no SVG, or does not say its size in whole pixels.
    """
    drawings = [_read(path) for path in sorted((tiles_dir / "icons").glob("*.svg"))]
    icons = tuple(sorted(_placed(drawings), key=lambda icon: icon.name))
    height = max(icon.y + icon.height for icon in icons)
    root = ET.Element(f"{{{_SVG}}}svg", width=str(SHEET_PX), height=str(height))
    css = ET.SubElement(root, f"{{{_SVG}}}style")
    css.text = (tiles_dir / "icons" / f"{theme}.css").read_text(encoding="utf-8")
    for icon in icons:
        root.append(icon.drawing)
        icon.drawing.set("x", str(icon.x))
        icon.drawing.set("y", str(icon.y))
    return Sheet(ET.tostring(root, encoding="unicode"), SHEET_PX, height, icons)


def _read(path: Path) -> tuple[str, ET.Element, int, int]:
    try:
        drawing = ET.parse(path).getroot()
        width, height = (int(drawing.get(side, "")) for side in ("width", "height"))
    except (ET.ParseError, ValueError) as error:
        raise ValueError(
            f"{path.name} is no icon: it must be an SVG with width and height in whole pixels "
            f"({error})"
        ) from error
    return path.stem, drawing, width, height


def _placed(drawings: list[tuple[str, ET.Element, int, int]]) -> Iterator[Icon]:
    """Yield the icons in rows, the tallest first."""
    x = y = row = 0
    for name, drawing, width, height in sorted(drawings, key=lambda one: (-one[3], one[0])):
        if x and x + width > SHEET_PX:
            x, y, row = 0, y + row + GAP_PX, 0
        yield Icon(name, drawing, x, y, width, height)
        x, row = x + width + GAP_PX, max(row, height)
