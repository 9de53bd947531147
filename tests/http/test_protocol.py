"""Answers given where their bytes arrive, and those of uvicorn beside them, over real sockets."""

import asyncio
import re
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import uvicorn

from gridgeo.http.protocol import AT_ONCE, PatientProtocol
from gridgeo.http.shortcuts import AtOnce

IDLE_S = 1


def quick(scope):
    if scope["path"] == "/broken":
        raise ValueError("a shortcut has a fault")
    if scope["path"] != "/quick":
        return None
    body = b"quick " + scope["query_string"]
    return 200, [(b"content-length", b"%d" % len(body))], body


async def application(scope, receive, send):
    """Under uvicorn: `slow` and the path; a body that was sent comes back."""
    if scope["type"] == "lifespan":
        scope["state"][AT_ONCE] = AtOnce()
        scope["state"][AT_ONCE].shortcuts = [quick]
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    got = await receive()
    if scope["path"] == "/thinking":
        await asyncio.sleep(1.5 * IDLE_S)
    body = b"slow " + scope["path"].encode() + b" " + scope["query_string"] + got["body"]
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def running():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            application, http=PatientProtocol, loop="uvloop", log_config=None, access_log=False,
            timeout_keep_alive=IDLE_S,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield server, listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def address():
    with running() as (_, address):
        yield address


def said(address, text, *, until=None):
    """Send text on a new connection; return what comes up to some bytes, or to its end."""
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall(text.encode())
        return read(connection, until)


def read(connection, until):
    got = b""
    while until is None or until not in got:
        part = connection.recv(65_536)
        if not part:
            break
        got += part
    return got.decode()


def ask(path, method="GET", version="1.1", more=""):
    return f"{method} {path} HTTP/{version}\r\nHost: here\r\n{more}\r\n"


def test_answers_on_one_connection_come_in_the_order_of_their_questions(address):
    paths = [f"/{'slow' if number in (3, 4, 7) else 'quick'}?{number}" for number in range(10)]
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall("".join(map(ask, paths * 3)).encode())
        got = b""
        while len(re.findall(rb"HTTP/1.1 200 OK", got)) < 30 or not got.endswith(b" 9"):
            got += connection.recv(65_536)
    assert re.findall(rb"(?:quick|slow /\w+) (\d)", got) == [b"%d" % (n % 10) for n in range(30)]


def test_a_question_that_takes_long_is_answered_though_one_before_it_was_quick(address):
    got = said(address, ask("/quick?1") + ask("/thinking?2"), until=b"slow /thinking 2")
    assert got.endswith("slow /thinking 2")


def test_an_answer_at_once_has_an_id_and_says_that_all_may_read_it(address):
    got = said(address, ask("/quick?x", more="X-Request-Id: abc\r\n"), until=b"quick x").lower()
    assert "\r\nx-request-id: abc\r\n" in got
    assert "\r\naccess-control-allow-origin: *\r\n" in got
    assert "\r\ndate: " in got


def test_head_gets_the_same_head_and_no_body(address):
    got = said(address, ask("/quick?x", "HEAD") + ask("/slow"), until=b"slow /slow ")
    head, rest = got.split("\r\n\r\n", 1)
    assert "content-length: 7" in head
    assert rest.startswith("HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("version", "more"), [("1.0", ""), ("1.1", "Connection: close\r\n")], ids=["1.0", "close"]
)
def test_who_wants_no_more_is_told_and_let_go(address, version, more):
    got = said(address, ask("/quick?x", version=version, more=more))
    assert "connection: close" in got
    assert got.endswith("quick x")


def test_a_body_that_nobody_asked_for_is_passed_over(address):
    sent = ask("/quick?x", more="Content-Length: 5\r\n") + "12345" + ask("/slow")
    got = said(address, sent, until=b"slow /slow")
    assert got.count("HTTP/1.1 200 OK") == 2


def test_what_is_sent_by_other_methods_goes_to_the_application(address):
    sent = ask("/quick", "POST", more="Content-Length: 5\r\n") + "12345"
    assert said(address, sent, until=b"12345").endswith("slow /quick 12345")


def test_a_fault_of_a_shortcut_leaves_the_question_to_the_application(address):
    assert said(address, ask("/broken"), until=b"slow /broken ").endswith("slow /broken ")


def test_no_shortcut_is_asked_twice_about_a_request():
    asked, at_once = [], AtOnce()
    at_once.shortcuts = [lambda scope: asked.append(scope["path"])]
    scope = {"type": "http", "path": "/slow", "headers": []}
    assert not at_once.answered(scope, asked.append)
    assert not at_once.answered(scope, asked.append)
    assert asked == ["/slow"]


def test_a_connection_that_is_silent_after_its_answer_is_closed(address):
    began = time.monotonic()
    assert said(address, ask("/quick?x")).endswith("quick x")
    assert time.monotonic() - began >= IDLE_S


def test_a_client_that_reads_nothing_does_not_fill_the_memory_of_the_server(address):
    """From then on its questions wait in the usual way: some are answered, none is lost."""
    asked = 40_000
    with closing(socket.create_connection(address, timeout=20)) as connection:
        sent = ask("/quick?x").encode() * asked
        sender = threading.Thread(target=connection.sendall, args=(sent,))
        sender.start()
        time.sleep(0.5)
        got = 0
        rest = b""
        while got < asked:
            part = rest + connection.recv(1 << 20)
            got += part.count(b"quick x")
            rest = part[-6:]
        sender.join(20)
    assert got == asked


def test_a_question_on_its_way_is_answered_while_the_server_stops():
    with running() as (server, address):
        with closing(socket.create_connection(address, timeout=20)) as connection:
            connection.sendall(ask("/quick?1").encode())
            assert read(connection, b"quick 1")
            server.should_exit = True
            time.sleep(0.2)
            connection.sendall(ask("/quick?2").encode())
            assert read(connection, b"quick 2").endswith("quick 2")
