"""A whole city cut down for tests: three real districts with few townships and few counts."""

from pathlib import Path

from shapely import Polygon

from gridgeo import synth

DATA = Path(__file__).parents[2] / "data"
ZHENGZHOU = synth.Division("410100", "郑州市", "city", None)
TOWNSHIPS = (
    "410103010", "410103004", "410104001", "410104004", "410104570", "410105002", "410105003",
    "410105560", "410171560", "410171561", "410122570",
)  # fmt: skip
DISTRICTS = ("410103", "410104", "410105")
SIZES = synth.WholeSizes(
    townships=12,
    communities=30,
    urban_grids=40,
    rural_grids=9,
    micro_grids=230,
    exclusive_grids=60,
    cameras=700,
    sensors=500,
    estate_cameras=90,
    duty_posts=1000,
    ponding_points=20,
)
"""The list has ten townships on the ground of the three districts, two are new."""


def outlines() -> dict[str, Polygon]:
    text = (DATA / "zhengzhou_districts.geojson").read_text(encoding="utf-8")
    return synth.parse_outlines(text)


def divisions() -> list[synth.Division]:
    text = (DATA / "zhengzhou_divisions.csv").read_text(encoding="utf-8")
    return synth.parse_divisions(text, ZHENGZHOU)


def few_divisions() -> list[synth.Division]:
    """At most two residents' committees and one village of each of the townships."""
    kept: list[synth.Division] = []
    for row in divisions():
        if row.level == "township" and row.code not in TOWNSHIPS:
            continue
        if row.level == "community":
            most = 1 if "200" <= row.code[9:] <= "399" else 2
            like = [r for r in kept if r.parent_code == row.parent_code]
            like = [r for r in like if ("200" <= r.code[9:] <= "399") == (most == 1)]
            if row.parent_code not in TOWNSHIPS or len(like) >= most:
                continue
        kept.append(row)
    return kept


def few_outlines() -> dict[str, Polygon]:
    return {code: outline for code, outline in outlines().items() if code in DISTRICTS}
