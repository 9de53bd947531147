"""The page draws the map with icons and letters of the server alone."""

import re
from urllib.parse import unquote, urlsplit


def test_names_and_icons_are_drawn_with_what_the_server_has(console):
    shown = console()
    failed = []
    shown.page.on("response", lambda got: failed.append(got.url) if got.status >= 400 else None)
    shown.open("/?theme=day#16/34.7254/113.6402")
    paths = {unquote(urlsplit(url).path) for url in shown.requests}
    assert {"/sprites/day.json", "/sprites/day.png"} <= paths
    ranges = {path for path in paths if path.startswith("/glyphs/")}
    assert all(path.startswith("/glyphs/Noto Sans SC ") for path in ranges)
    chinese = [path for path in ranges if 0x4E00 <= int(re.findall(r"/(\d+)-", path)[0]) <= 0x9FFF]
    assert len(chinese) > 10
    assert (failed, shown.errors, shown.foreign_requests()) == ([], [], [])
