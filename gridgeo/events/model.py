"""What is reported: an event, as it comes in and as it is kept. Least data: no caller, no phone."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal[
    "reported", "verifying", "registered", "merged", "opened", "dispatched", "accepted", "returned",
    "escalated", "handling", "extended", "suspended", "handled", "checking", "reworked", "closed",
    "revisited", "rejected", "cancelled",
]  # fmt: skip
"""The states of an event; see data/case_states.csv."""

CLOSED_STATES = frozenset({"closed", "merged", "rejected", "cancelled", "revisited"})


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
