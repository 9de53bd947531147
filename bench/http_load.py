"""A load tool: some keep-alive connections, each of which asks again as soon as it is answered.

It runs on uvloop and does not look into bodies, so that one core of it asks more than one process
of nginx answers; `Loaded.client` says how much of that core a round took.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import uvloop
from numpy.typing import NDArray

MOST_S = 300.0
"""A round that takes longer than this is given up."""

_BUFFER_BYTES = 1 << 20
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Loaded:
    """Seconds and bytes (heads included) of each answer, of no order, and those of the round.

    A round lasts from the first question to the last answer.
    """

    seconds: NDArray[np.float64]
    sizes: NDArray[np.int64]
    wall_s: float
    client_cpu_s: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall_s

    @property
    def client(self) -> float:
        """Share of a core that this tool was busy; at 1 it is what holds the server back."""
        return self.client_cpu_s / self.wall_s


class _Asker(asyncio.BufferedProtocol):
    """One connection that asks for its targets in order and notes how long each answer took."""

    def __init__(self, requests: Sequence[bytes], done: "asyncio.Future[None]") -> None:
        self._requests = iter(requests)
        self._done = done
        self._room = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._room)
        self._got = 0  # bytes of this answer
        self._held = 0  # bytes of it at the beginning of the room: only its head is kept
        self._whole: int | None = None  # bytes of it in all; None in the head, or sent in chunks
        self._is_chunked = False
        self._tail = bytearray()  # the last bytes, where an answer in chunks shows that it ends
        self.seconds: list[float] = []
        self.sizes: list[int] = []
        self.began = self.ended = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.began = time.perf_counter()
        self._ask()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        self._got += nbytes
        end = self._held + nbytes
        if self._whole is None and not self._is_chunked and not self._has_head(end):
            self._held = end
            return
        self._held = 0
        self._tail = (self._tail + self._room[max(0, end - 7) : end])[-7:]
        if self._got == self._whole or (self._is_chunked and self._tail == _LAST_CHUNK):
            self._note()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))

    def _has_head(self, end: int) -> bool:
        """Read the head if it is whole; raise in the one who waits if it is not 200."""
        at = self._room.find(b"\r\n\r\n", 0, end)
        if at < 0:
            return False
        if not self._room.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(AssertionError(self._room[:end].decode(errors="replace")))
            self._transport.abort()
        found = _LENGTH.search(self._room, 0, at)
        self._is_chunked = found is None
        self._whole = None if found is None else at + 4 + int(found[1])
        return True

    def _note(self) -> None:
        self.ended = time.perf_counter()
        self.seconds.append(self.ended - self._asked)
        self.sizes.append(self._got)
        self._got = 0
        self._whole, self._is_chunked = None, False
        self._ask()

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(request)


def load(port: int, targets: Sequence[str], connections: int) -> NDArray[np.float64]:
    """Seconds that each answer took; the connections share the targets out among them.

    Raises
    ------
    AssertionError
        When an answer is not 200.
    """
    return measured(port, targets, connections).seconds


def measured(port: int, targets: Sequence[str], connections: int, accepted: str = "") -> Loaded:
    """Ask for all targets once, packed as `accepted` says; raises as `load` does."""
    packed = f"Accept-Encoding: {accepted}\r\n" if accepted else ""
    ends = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n{packed}\r\n"
    requests = [f"GET {target}{ends}".encode() for target in targets]
    cpu = time.process_time()
    askers = uvloop.run(_load(port, requests, connections))
    return Loaded(
        np.concatenate([asker.seconds for asker in askers]),
        np.concatenate([asker.sizes for asker in askers]),
        max(asker.ended for asker in askers) - min(asker.began for asker in askers),
        time.process_time() - cpu,
    )


async def _load(port: int, requests: Sequence[bytes], connections: int) -> list[_Asker]:
    loop = asyncio.get_running_loop()
    askers = []
    for number in range(min(connections, len(requests))):
        asker = _Asker(requests[number::connections], loop.create_future())
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port)  # type: ignore[misc]
        askers.append(asker)
    async with asyncio.timeout(MOST_S):
        await asyncio.gather(*(asker._done for asker in askers))
    return askers
