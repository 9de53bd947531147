"""Log lines: the same form whoever writes them, for programs and for people."""

import json
import logging
from datetime import UTC, datetime

import pytest

from gridgeo.http.logs import REQUEST_ID, configure_logging, log_request

LINE = {"method": "GET", "path": "/units/河", "status": 200, "ms": 0.25, "caller": "anonymous"}

log = logging.getLogger("gridgeo")


@pytest.fixture(autouse=True)
def as_before():
    handlers, level = log.handlers, log.level
    yield
    configure_logging("warning", "console")
    log.handlers = handlers
    log.setLevel(level)


def test_the_line_of_a_request_has_the_form_of_all_lines(capsys):
    configure_logging("info", "json")
    log_request(LINE, "7")
    log.info("request", extra={**LINE, "request_id": "7"})
    quick, usual = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    for line in (quick, usual):
        at = datetime.fromisoformat(line.pop("timestamp"))
        assert at.utcoffset() == UTC.utcoffset(None)
        assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert quick == usual == {"event": "request", "level": "info", "request_id": "7", **LINE}


def test_what_is_logged_during_a_request_bears_its_id(capsys):
    configure_logging("info", "json")
    token = REQUEST_ID.set("mine")
    log.warning("within")
    REQUEST_ID.reset(token)
    log.warning("without")
    within, without = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert within["request_id"] == "mine"
    assert "request_id" not in without


def test_for_people_a_line_names_what_belongs_to_it_before_the_fault(capsys):
    configure_logging("info", "console")
    log_request(LINE, "7")
    try:
        raise OSError("disk full")
    except OSError:
        log.exception("not written", extra={"file": "a.index"})
    first, second, *fault = capsys.readouterr().err.splitlines()
    assert " INFO request " in first and "path='/units/河'" in first and "status=200" in first
    assert second.endswith("ERROR not written file='a.index'")
    assert fault[-1] == "OSError: disk full"


@pytest.mark.parametrize("form", ["json", "console"])
def test_less_severe_lines_are_left_out(capsys, form):
    configure_logging("warning", form)
    log_request(LINE, "7")
    log.info("nothing")
    assert capsys.readouterr().err == ""
