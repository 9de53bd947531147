"""Arrays that only grow at their end, so that versions of an index can share them."""

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """Rows that never change once written; `data` has room for more behind them.

    Whoever holds an offset keeps reading the same rows, whatever is appended later. Safe to share
    between threads.
    """

    def __init__(self, data: NDArray[Any], used: int) -> None:
        self.data = data
        self.used = used
        self._lock = Lock()

    @classmethod
    def of(cls, parts: list[NDArray[Any]]) -> "Growing":
        """Join arrays and leave room for an eighth more."""
        used = sum(len(part) for part in parts)
        shape = (used + used // 8 + 1024, *parts[0].shape[1:])
        data = np.zeros(shape, dtype=parts[0].dtype)
        np.concatenate(parts, out=data[:used])
        return cls(data, used)

    def appended(self, rows: NDArray[Any]) -> tuple["Growing", int]:
        """Add rows: the array that holds them, itself while there is room, and their offset."""
        with self._lock:
            offset, end = self.used, self.used + len(rows)
            if end <= len(self.data):
                self.data[offset:end] = rows
                self.used = end
                return self, offset
        return Growing.of([self.data[:offset], rows]), offset
