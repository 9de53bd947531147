"""A load tool: some keep-alive connections, each of which asks again as soon as it is answered."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray


class _Asker(asyncio.Protocol):
    """One connection that asks for its targets in order and notes how long each answer took."""

    def __init__(self, host: str, targets: Sequence[str], done: "asyncio.Future[None]") -> None:
        ends = f" HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n\r\n"
        self._requests = iter([f"GET {target}{ends}".encode() for target in targets])
        self._done = done
        self._answer = b""
        self.seconds: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self.seconds.append(time.perf_counter() - self._asked)
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(AssertionError(self._answer.decode()))
            self._transport.abort()
            return
        self._answer = b""
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])


def load(port: int, targets: Sequence[str], connections: int) -> NDArray[np.float64]:
    """Seconds that each answer took; the connections share the targets out among them.

    Raises
    ------
    AssertionError
        When an answer is not 200.
    """
    return asyncio.run(_load(port, targets, connections))


async def _load(port: int, targets: Sequence[str], connections: int) -> NDArray[np.float64]:
    loop = asyncio.get_running_loop()
    askers = []
    for number in range(connections):
        asker = _Asker(f"127.0.0.1:{port}", targets[number::connections], loop.create_future())
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port)  # type: ignore[misc]
        askers.append(asker)
    await asyncio.gather(*(asker._done for asker in askers))
    return np.concatenate([asker.seconds for asker in askers])
