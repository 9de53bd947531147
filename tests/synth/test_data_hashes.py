"""data/README.md tells the truth about the files beside it."""

import hashlib
import re
from pathlib import Path

DATA = Path(__file__).parents[2] / "data"
ROW = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_data_file_has_its_row_and_its_hash() -> None:
    listed = dict(ROW.findall((DATA / "README.md").read_text(encoding="utf-8")))
    files = {
        path.relative_to(DATA).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in DATA.rglob("*")
        if path.is_file() and path != DATA / "README.md"
    }
    assert listed == files
