"""A small cache of things that never change once made: the city of a version, a rule set."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ImmutableCache(Generic[K, V]):
    """Keep the last `size` values by key; two threads that miss at once load only once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = RLock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def peek(self, key: K) -> V | None:
        """Return the value of a key if it is there; `load` of another key may ask for it."""
        with self._lock:
            return self._values.get(key)

    def get(self, key: K, load: Callable[[], V]) -> V:
        """Return the value of a key, calling `load` when it is not there yet."""
        with self._lock:
            if key not in self._values:
                self._values[key] = load()
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
            return self._values[key]
