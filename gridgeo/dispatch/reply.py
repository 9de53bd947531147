"""Sending an answer about a point: with its ETag, or only the word that nothing has changed."""

import asyncio
import hashlib
import logging
from collections.abc import Iterable

from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Send

from gridgeo.dispatch.answer import Document, encoded
from gridgeo.dispatch.deciding import Desk

log = logging.getLogger("gridgeo")

SEND_S = 30.0
"""A client that takes no part of an answer for so long is given up."""

VERSION_HEADER = b"x-map-version"

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body."""


def etag_of(desk: Desk, body: bytes) -> bytes:
    """Return a weak ETag that names map version and rule set, and tells answers apart."""
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    return f'W/"{desk.city.version.version}.{desk.rules.rule_set}.{digest}"'.encode()


def is_known(etag: bytes, if_none_match: bytes | None) -> bool:
    """Say whether a client has this answer already (RFC 9110, 13.1.2, weak comparison)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == b"*":
        return True
    plain = etag.removeprefix(b"W/")
    return any(one.strip().removeprefix(b"W/") == plain for one in if_none_match.split(b","))


def reply(desk: Desk, document: Document, if_none_match: bytes | None) -> Answer:
    """Return 200 with an answer as JSON, or 304 where the client has it."""
    body = encoded(document)
    etag = etag_of(desk, body)
    headers = [(b"etag", etag), (b"cache-control", b"no-cache")]
    if is_known(etag, if_none_match):
        status, body = 304, b""
    else:
        status = 200
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return status, headers, body


class Reply(Response):
    """The same, as what an endpoint returns."""

    def __init__(self, desk: Desk, document: Document, if_none_match: bytes | None) -> None:
        status, headers, body = reply(desk, document, if_none_match)
        super().__init__(body, status)
        self.raw_headers = headers


class BoundedStream(StreamingResponse):
    """An answer in parts, made in a thread one by one as the client takes them."""

    def __init__(self, parts: Iterable[bytes], media_type: str, version: int) -> None:
        super().__init__(parts, media_type=media_type)
        self.raw_headers.append((VERSION_HEADER, b"%d" % version))

    async def stream_response(self, send: Send) -> None:
        """Send the parts; a client that does not take one within `SEND_S` gets no more."""

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(SEND_S):
                await send(message)

        try:
            await super().stream_response(bounded)
        except TimeoutError:
            log.warning("a client takes no more of its answer", extra={"after_s": SEND_S})
