"""What is reported: an event, as it comes in and as it is kept. Least data: no caller, no phone."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from unicodedata import decimal

State = Literal[
    "reported", "verifying", "registered", "merged", "opened", "dispatched", "accepted", "returned",
    "escalated", "handling", "extended", "suspended", "handled", "checking", "reworked", "closed",
    "revisited", "rejected", "cancelled",
]  # fmt: skip
"""The states of an event; see data/case_states.csv."""

CLOSED_STATES = frozenset({"closed", "merged", "rejected", "cancelled", "revisited"})

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


@dataclass(frozen=True, slots=True)
class Report:
    """An event as a channel hands it in; the point in EPSG:4326 degrees."""

    channel: str
    external_id: str
    category_scheme: str
    category: str
    lon: float
    lat: float
    occurred_at: datetime
    accuracy_m: float = 0.0
    description: str = ""

    @property
    def content_hash(self) -> str:
        """A fingerprint of everything but the description, to tell a repeat from a new content."""
        parts = (
            self.category_scheme, self.category, self.lon, self.lat, self.accuracy_m,
            self.occurred_at.timestamp(),
        )  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()
