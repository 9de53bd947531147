"""The documentation under test: nothing without its heading, and what the README shows is true."""

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gridgeo.app import create_app
from gridgeo.cli import VERBS
from gridgeo.db.tables import metadata
from gridgeo.settings import PREFIX, ROOT, Secret, Settings

DOCS = ROOT / "docs"
README_URL = "http://127.0.0.1:8000"
PAGES = {"GET /", "GET /docs", "GET /redoc", "GET /openapi.json"}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def headings(path: Path) -> list[tuple[int, str]]:
    found = re.findall(r"^(#+) (.*)$", prose(text_of(path)), re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


def titles(page: str) -> set[str]:
    return {title for _, title in headings(DOCS / page)}


def endpoints() -> set[str]:
    app = create_app(Settings(app_dsn=Secret("postgresql://localhost/x")))
    return {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }


def test_every_endpoint_has_its_heading_and_no_heading_is_left_over() -> None:
    described = {title for title in titles("api.md") if re.match(r"[A-Z]+ /", title)}
    assert described == endpoints() | PAGES


def test_every_verb_of_the_command_line_has_its_heading() -> None:
    assert titles("cli.md") == {"Command line", *VERBS}


def test_every_setting_has_its_heading() -> None:
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    assert {title for title in titles("settings.md") if title.startswith(PREFIX)} == known


def test_every_table_has_its_heading() -> None:
    assert set(metadata.tables) <= titles("data-model.md")


def test_every_named_constraint_is_explained() -> None:
    page = text_of(DOCS / "data-model.md")
    names = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is not None and not str(constraint.name).endswith(("_pkey", "_fkey"))
    }
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_every_error_code_stands_in_the_table_of_errors() -> None:
    page = text_of(DOCS / "api.md")
    source = text_of(ROOT / "gridgeo/errors.py") + text_of(ROOT / "gridgeo/geometry/errors.py")
    codes = set(re.findall(r'^    (?:code|kind) = "(\w+)"$', source, re.MULTILINE))
    roots = {"error", "geometry"}
    assert {code for code in codes - roots if f"| `{code}` " not in page} == set()


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`=\w] ?)make ([a-z-]+)", text_of(ROOT / "README.md"), re.M))
    assert named
    assert named <= targets


def test_the_two_readmes_have_the_same_headings_and_the_same_answers() -> None:
    pages = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    levels = [Counter(level for level, _ in headings(page)) for page in pages]
    assert levels[0] == levels[1]
    answers = [[json.loads(block) for block in fenced(text_of(page), "json")] for page in pages]
    assert answers[0]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_every_local_link_of_a_page_beside_the_docs_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", prose(text_of(ROOT / page)))
    local = {link for link in links if "://" not in link}
    assert {link for link in local if not (ROOT / link).exists()} == set()


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    rest = {key: answer[key] for key in answer if key not in ("version", "valid_from")}
    rule = {key: value for key, value in rest["assignment"]["rule"].items() if key != "id"}
    return {**rest, "assignment": {**rest["assignment"], "rule": rule}}


def test_the_curl_line_of_the_readme_gets_the_answer_of_the_readme(live_server: str) -> None:
    readme = text_of(ROOT / "README.md")
    command = next(block for block in fenced(readme, "bash") if block.startswith("curl "))
    _, url = shlex.split(command)
    answer = httpx2.get(url.replace(README_URL, live_server)).raise_for_status().json()
    printed = json.loads(fenced(readme, "json")[0])
    assert answer.keys() == printed.keys()
    assert comparable(answer) == comparable(printed)


def test_every_json_answer_in_the_documentation_is_json() -> None:
    blocks = [block for page in DOCS.glob("*.md") for block in fenced(text_of(page), "json")]
    assert blocks
    for block in blocks:
        json.loads(block)


def test_the_documentation_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert pages
    fetched = re.compile(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//')
    assert [page.name for page in pages if fetched.search(text_of(page))] == []
