"""Reading the real inputs of the demo city out of `data/`."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from shapely import Polygon

from gridgeo.parties.written import CategoryMapping
from gridgeo.synth import (
    Division,
    parse_divisions,
    parse_outline,
    parse_outlines,
    select_district,
)
from gridgeo.units.model import Profile

SCHEME = "gbt47678"
DEMO_DISTRICT = "410103"
OUTLINES = "zhengzhou_districts.geojson"

Rows = list[dict[str, Any]]


def read_profile(data_dir: Path) -> Profile:
    """Return Zhengzhou's profile."""
    text = (data_dir / "profiles" / "zhengzhou.toml").read_text(encoding="utf-8")
    return Profile.from_document(tomllib.loads(text))


def read_district(data_dir: Path, profile: Profile) -> tuple[Polygon, list[Division]]:
    """Return the demo district's real outline, and its official divisions with the city on top."""
    outline = parse_outline(_text(data_dir, OUTLINES), DEMO_DISTRICT)
    return outline, select_district(_divisions(data_dir, profile), DEMO_DISTRICT)


def read_whole_city(data_dir: Path, profile: Profile) -> tuple[dict[str, Polygon], list[Division]]:
    """Return all districts' real outlines by code, and the official list with the city on top."""
    return parse_outlines(_text(data_dir, OUTLINES)), _divisions(data_dir, profile)


def _divisions(data_dir: Path, profile: Profile) -> list[Division]:
    city = Division(profile.document["code"], profile.name, "city", None)
    return parse_divisions(_text(data_dir, "zhengzhou_divisions.csv"), city)


def read_categories(data_dir: Path) -> Rows:
    """Return classes of matters of all schemes; each component class also stands for its defect."""
    matters = [
        {
            "scheme": SCHEME,
            "code": row["code"],
            "parent_code": row["parent"] or None,
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
        }
        for row in _rows(data_dir, "event_categories.csv")
    ]
    components = [
        {
            "scheme": SCHEME,
            "code": row["code"],
            "parent_code": row["major_code"],
            "name_zh": row["matter_name_zh"],
            "name_en": row["major_en"],
        }
        for row in _rows(data_dir, "components.csv")
    ]
    others = [
        {
            "scheme": row["scheme"],
            "code": row["code"],
            "parent_code": row["parent"] or None,
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
        }
        for row in _rows(data_dir, "categories_other_schemes.csv")
    ]
    return matters + components + others


def read_class_departments(data_dir: Path) -> Mapping[str, str]:
    """Return the kind of department that usually answers for a class of the standard."""
    matters = {
        row["code"]: row["default_department_kind"]
        for row in _rows(data_dir, "event_categories.csv")
        if row["default_department_kind"]
    }
    usual = {
        row["code"]: row["department_kind"] for row in _rows(data_dir, "class_departments.csv")
    }
    return usual | matters


def read_mappings(data_dir: Path) -> list[CategoryMapping]:
    """Return which classes of other schemes stand for classes of the standard."""
    return [
        CategoryMapping(row["from_scheme"], row["from_code"], row["to_scheme"], row["to_code"])
        for row in _rows(data_dir, "category_mapping.csv")
    ]


def read_days(data_dir: Path) -> Mapping[date, str]:
    """Return the days that are not as usual: holidays, and working days made up for them."""
    kinds = {"off": "holiday", "work": "workday"}
    return {
        date.fromisoformat(row["date"]): kinds[row["day"]]
        for row in _rows(data_dir, "holidays_china.csv")
    }


def read_channels(data_dir: Path) -> Rows:
    """Return the intake channels."""
    return [
        {
            "channel": row["code"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "kind": row["kind"],
        }
        for row in _rows(data_dir, "intake_channels.csv")
    ]


def read_device_families(data_dir: Path) -> Mapping[str, str]:
    """Return the family (video, iot, mobile) of each kind of device."""
    return {row["code"]: row["family"] for row in _rows(data_dir, "device_kinds.csv")}


def read_department_names(data_dir: Path) -> Mapping[str, str]:
    """Return the Chinese name of each kind of department."""
    return {row["code"]: row["name_zh"] for row in _rows(data_dir, "department_kinds.csv")}


def _rows(data_dir: Path, name: str) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(_text(data_dir, name).splitlines()))


def _text(data_dir: Path, name: str) -> str:
    return (data_dir / name).read_text(encoding="utf-8")
