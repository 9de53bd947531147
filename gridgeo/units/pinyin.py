"""Names as people type them on a Latin keyboard: full pinyin and initials, without tones."""

from pypinyin import Style, lazy_pinyin


def search_key(name: str) -> str:
    """Return 'erqishangquan eqsq' for '二七商圈'; Latin letters and digits stay as they are."""
    full = "".join(lazy_pinyin(name)).lower()
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return full if full == initials else f"{full} {initials}"
