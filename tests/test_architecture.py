"""The layers of the design as code: imports go only downward, pure parts stay pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "gridgeo"

LAYERS = {
    "geometry": 0, "synth": 0, "db": 0, "settings": 0, "errors": 0,
    "units": 1, "access": 1, "client": 1,
    "locate": 2, "places": 2,
    "parties": 3, "devices": 3, "plans": 3, "files": 3,
    "dispatch": 4,
    "events": 5,
    "analysis": 6,
    "tiles": 7,
    "http": 8,
    "app": 9, "cli": 9,
    "__init__": 10,
}  # fmt: skip

SIDEWAYS = {("synth", "geometry"), ("db", "settings"), ("db", "errors"), ("settings", "errors"),
            ("cli", "app")}  # fmt: skip

TILES_MAY = {
    "drawn": {"drawn", "model", "cache"},
    "style": {"style", "api"},
    "packs": {"packs", "drawn", "style", "model", "store", "cache"},
}
"""What of `gridgeo.tiles` each of its parts imports; of the rest nothing imports `packs`."""

MODELS = "model", "calendars", "written"
"""Modules of values alone."""

INSIDE = {"model": 0, "layer": 1, "store": 1, "rows": 1, "publish": 2, "api": 3}

PURE_MAY_NOT = {
    "os", "time", "pathlib", "subprocess", "socket", "random", "psycopg", "psycopg_pool",
    "sqlalchemy", "fastapi", "starlette", "pydantic", "uvicorn", "typer", "rich",
}  # fmt: skip


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def package_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(tree: ast.Module) -> Iterator[list[str]]:
    for name in imports(tree):
        parts = name.split(".")
        if parts[0] == "gridgeo" and len(parts) > 1 and parts[1] != "__version__":
            yield parts[1:]


def is_pure(path: Path) -> bool:
    return package_of(path) in ("geometry", "synth") or path.stem in MODELS


def test_every_package_has_a_layer():
    found = {package_of(path) for path, _ in modules()}
    assert found == set(LAYERS)


def test_imports_go_only_downward():
    wrong = []
    for path, tree in modules():
        own = package_of(path)
        for target in (parts[0] for parts in ours(tree)):
            allowed = target == own or LAYERS[target] < LAYERS[own] or (own, target) in SIDEWAYS
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)} imports {target}")
    assert wrong == []


def test_inside_a_capability_api_uses_store_uses_model():
    wrong = []
    for path, tree in modules():
        own = package_of(path)
        for parts in ours(tree):
            if parts[0] == own and len(parts) > 1 and {path.stem, parts[1]} <= set(INSIDE):
                if INSIDE[parts[1]] > INSIDE[path.stem]:
                    wrong.append(f"{path.relative_to(ROOT)} imports {'.'.join(parts)}")
    assert wrong == []


def test_parts_of_tiles_import_only_what_stands_below():
    wrong = []
    for path, tree in modules():
        if package_of(path) != "tiles":
            continue
        part = path.parent.name
        for found in ours(tree):
            if found[0] == "tiles" and len(found) > 1:
                target = found[1]
                if target not in TILES_MAY[part] if part in TILES_MAY else target == "packs":
                    wrong.append(f"{path.relative_to(ROOT)} imports {'.'.join(found)}")
    assert wrong == []


def test_pure_modules_touch_no_driver_framework_clock_or_file():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, tree in modules()
        if is_pure(path)
        for name in imports(tree)
        if name.split(".")[0] in PURE_MAY_NOT
    ]
    assert wrong == []


def test_a_model_imports_only_geometry_errors_and_models_below():
    wrong = []
    for path, tree in modules():
        if path.stem not in MODELS or package_of(path) == "synth":
            continue
        for parts in ours(tree):
            is_model = len(parts) > 1 and parts[1] in (*MODELS, "layers")
            if parts[0] not in ("geometry", "errors") and not is_model:
                wrong.append(f"{path.relative_to(ROOT)} imports {'.'.join(parts)}")
    assert wrong == []


def test_nothing_is_imported_inside_a_function():
    wrong = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_no_sql_is_built_out_of_strings():
    """Statements come from files or from `psycopg.sql`; f-strings hold no SELECT or UPDATE."""
    words = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ")
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
        if isinstance(part, ast.Constant) and str(part.value).startswith(words)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sorted(ROOT.rglob("sql/*.sql")), ids=lambda path: path.stem)
def test_every_statement_says_what_it_answers(path):
    assert path.read_text(encoding="utf-8").startswith("-- ")


def test_every_statement_is_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path, _ in modules())
    unused = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("sql/*.sql")
        if f'statement(__package__, "{path.stem}")' not in code
    ]
    assert unused == []
