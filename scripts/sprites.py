"""Draw the icons of tiles/icons into tiles/sprites, after one of them or a colour has changed.

`.venv/bin/python scripts/sprites.py`; needs what `make test` installs: Playwright and Chromium.
"""

import json
import shutil

from playwright.sync_api import sync_playwright

from gridgeo.settings import ROOT
from gridgeo.tiles.style.sprites import RATIOS, sheet, themes

TILES = ROOT / "tiles"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    for theme in themes(TILES):
        made = sheet(TILES, theme)
        size = {"width": made.width, "height": made.height}
        for ending, ratio in RATIOS.items():
            page = browser.new_page(viewport=size, device_scale_factor=ratio)
            page.set_content(made.page)
            file = TILES / "sprites" / f"{theme}{ending}.png"
            page.screenshot(path=file, omit_background=True)
            index = json.dumps(made.index(ratio), indent=1)
            file.with_suffix(".json").write_text(index + "\n", encoding="utf-8")
            print(file.relative_to(ROOT), file.stat().st_size, "bytes")
    browser.close()
