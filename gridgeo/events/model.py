"""What is reported: an event, as it comes in and as it is kept. Least data: no caller, no phone."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

CLOSED_STATES = frozenset({"closed", "merged", "rejected", "cancelled", "revisited"})

_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_PHONE_NUMBER = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)")


def mask(text: str) -> str:
    """Return free text with identity and phone numbers of mainland China blotted out."""
    for pattern in (_IDENTITY_NUMBER, _PHONE_NUMBER, _LANDLINE):
        text = pattern.sub(lambda match: "*" * len(match.group()), text)
    return text


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
