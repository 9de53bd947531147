"""Log lines on standard error: one JSON object each for programs, or words for people."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from pythonjsonlogger.core import RESERVED_ATTRS, LogData, merge_record_extra
from pythonjsonlogger.orjson import OrjsonFormatter

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request that is being answered; all that is logged meanwhile bears it."""

_RESERVED = {*RESERVED_ATTRS, "message", "asctime"}

log = logging.getLogger("gridgeo")


class JsonLines(OrjsonFormatter):
    """One object a line: `event`, `level`, `timestamp`, and what belongs to the event."""

    def __init__(self) -> None:
        names = {"message": "event", "levelname": "level", "exc_info": "exception"}
        super().__init__(["message", "levelname"], rename_fields=names, timestamp=True)

    def process_log_record(self, log_data: LogData) -> LogData:
        """Return what a line says."""
        return {**log_data, "level": log_data["level"].lower()}


class WordLines(logging.Formatter):
    """Time, level and event, then what belongs to it as `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return a line, without what goes before a fault."""
        named = merge_record_extra(record, {}, reserved=_RESERVED)
        words = (f"{name}={value!r}" for name, value in named.items())
        return " ".join([super().formatMessage(record), *words])


def configure_logging(level: str, form: str) -> None:
    """Have what is of this level at least logged, as `json` or as `console`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else WordLines())
    handler.addFilter(_with_request_id)
    log.handlers = [handler]
    log.setLevel(level.upper())
    _writes_plainly.cache_clear()


def log_request(line: dict[str, Any], request_id: str) -> None:
    """Log that a request was answered."""
    if _writes_plainly():
        told = {"event": "request", "level": "info", **line, "request_id": request_id}
        told["timestamp"] = datetime.now(UTC)
        sys.stderr.buffer.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
        sys.stderr.buffer.flush()
    else:
        log.info("request", extra={**line, "request_id": request_id})


def _with_request_id(record: logging.LogRecord) -> bool:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        record.request_id = request_id
    return True


@cache
def _writes_plainly() -> bool:
    """Whether a request's line is written here, in the very form of `JsonLines`.

    Python's logging takes as long as the whole answer to a quick question.
    """
    is_json = any(isinstance(one.formatter, JsonLines) for one in log.handlers)
    return is_json and log.isEnabledFor(logging.INFO)
