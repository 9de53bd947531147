"""Names as people type them on a Latin keyboard: full pinyin and initials, without tones.

The dictionary behind it costs a fifth of a server's start and is needed only to publish, so it is
loaded at the first name.
"""

import re
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

_PARTS = re.compile(r"\d+|\D+")


def search_key(name: str) -> str:
    """Return 'erqishangquan eqsq' for '二七商圈'; Latin letters and digits stay as they are.

    A name is read in parts between its numbers, and a part only once: a city's 58,000 grids are
    named by few words.
    """
    parts = [_read(part) for part in _PARTS.findall(name)]
    full = "".join(full for full, _ in parts)
    initials = "".join(initials for _, initials in parts)
    return full if full == initials else f"{full} {initials}"


@lru_cache(maxsize=20_000)
def _read(part: str) -> tuple[str, str]:
    dictionary = _dictionary()
    initial = dictionary.Style.FIRST_LETTER
    full = "".join(dictionary.lazy_pinyin(part)).lower()
    return full, "".join(dictionary.lazy_pinyin(part, style=initial)).lower()


@cache
def _dictionary() -> ModuleType:
    return import_module("pypinyin")
