"""A small cache of things that never change once made: the city of a version, a rule set."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ImmutableCache(Generic[K, V]):
    """Keep the last `size` values by key; two threads that miss at once load only once.

    Loading one key keeps nobody from another. No value is None.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = RLock()
        self._values: OrderedDict[K, V] = OrderedDict()
        self._loading: dict[K, RLock] = {}

    def peek(self, key: K) -> V | None:
        """Return the value of a key if it is there; `load` of another key may ask for it."""
        with self._lock:
            return self._values.get(key)

    def get(self, key: K, load: Callable[[], V]) -> V:
        """Return the value of a key, calling `load` when it is not there yet."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            loading = self._loading.setdefault(key, RLock())
        with loading:
            found = self.peek(key)
            return self._put(key, load()) if found is None else found

    def _put(self, key: K, value: V) -> V:
        with self._lock:
            self._loading.pop(key, None)
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value
