"""Least data: identity and phone numbers in free text are blotted out on the way in."""

import re
from unicodedata import decimal

_GAP = r"[-\s－—·.]?"
_IDENTITY_NUMBER = re.compile(rf"(?<!\d)\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXx](?!\d)")
_PHONE_NUMBER = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_GAP})?1[3-9]\d(?:{_GAP}\d{{4}}){{2}}(?!\d)")
_LANDLINE = re.compile(rf"(?<!\d)0\d{{2,3}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)")


def mask(text: str) -> str:
    """Return free text with identity and phone numbers of mainland China blotted out.

    Digits count in any script (１３８ as 138), and a number may be written in groups.
    """
    plain = "".join(str(decimal(mark)) if mark.isdecimal() else mark for mark in text)
    for pattern in (_IDENTITY_NUMBER, _PHONE_NUMBER, _LANDLINE):
        plain = pattern.sub(lambda found: "*" * len(found.group()), plain)
    return "".join("*" if blot == "*" else mark for mark, blot in zip(text, plain, strict=True))
