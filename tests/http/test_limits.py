"""A body is bounded in size and in time, whoever reads it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from gridgeo.http import limits
from gridgeo.http.limits import LimitBody

SCOPE = {"type": "http", "headers": []}


async def reading(scope, receive, send):
    """An application that reads the whole body and says how long it was."""
    seen, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        seen += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(seen).encode()})


def asked(parts, pause_s=0.0, max_bytes=100):
    """Status and body of the answer to a request whose parts come with pauses between them."""
    sent, rest = [], list(parts)

    async def receive():
        await asyncio.sleep(pause_s)
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # a browser's loop may run in this thread
        pool.submit(
            lambda: asyncio.run(LimitBody(reading, max_bytes)(SCOPE, receive, send))
        ).result()
    start, body = sent
    return start["status"], body["body"]


def test_a_body_that_comes_in_time_is_read_whole():
    assert asked([b"a" * 40, b"b" * 60]) == (200, b"100")


def test_a_body_that_grows_over_the_limit_is_413():
    status, body = asked([b"a" * 40, b"b" * 61])
    assert (status, json.loads(body)["code"]) == (413, "too_large")


@pytest.mark.parametrize("limit", ["IDLE_S", "WHOLE_S"])
def test_a_body_that_trickles_is_408(monkeypatch, limit):
    monkeypatch.setattr(limits, limit, 0.05)
    status, body = asked([b"a"] * 100, pause_s=0.2 if limit == "IDLE_S" else 0.01)
    assert (status, json.loads(body)["code"]) == (408, "request_timeout")
