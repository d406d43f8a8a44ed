"""Structured logs on standard error: text for a person at a terminal, else a line of JSON each.

Every line that is written while a request is answered has its ``trace_id``, and so have those of
what the request sets going. No line has a credential: the last step before it is written takes out
what looks like one, whoever put it there.
"""

import json
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO, cast

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

from .redaction import without_credentials


def configure(form: str, level: str) -> None:
    """Set up logging for the process.

    Args:
        form: ``text``, ``json``, or ``auto``: text where standard error is a terminal.
        level: what is logged at least.
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    told, rendered = _telling(), _rendering(as_text=as_text)
    out = _Out(sys.stderr)
    _libraries(told, rendered, max(threshold, logging.WARNING))
    processors = [*told, *rendered]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, out)),
    )
    if not as_text and threshold <= logging.INFO:
        _Lines.in_force = _Lines(out, processors)


class _Out:
    """Where lines go: that nobody reads them, or that the disk is full, fails nothing.

    The standard library's handlers have it so too.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _telling() -> list[Any]:
    """What every line says beside its own words."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(*, as_text: bool) -> list[Any]:
    if as_text:
        # The traceback that structlog would choose shows what every variable holds.
        console = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        return [_visible, console, _scrubbed]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
        _scrubbed,
    ]


def _visible(logger: object, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """What a caller has sent moves no cursor of a terminal, and begins no line."""
    return {name: _escaped(value) for name, value in line.items()}


def _escaped(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return repr(value)[1:-1]


def _scrubbed(logger: object, method: str, line: Any) -> str:
    """The last step: the line as it is written, without credentials."""
    return without_credentials(str(line))


# --- the access log ------------------------------------------------------------------------------


def request(*, caller: str | None, trace_id: str, **line: str | float) -> None:
    """Write a line of the access log: a request, and how it was answered.

    There is one for every request, so that as JSON it is written without the steps by which other
    lines come about. What it says is the same.

    Args:
        caller: the subject, where it is known.
        trace_id: the request's.
        line: what else there is to say; its path is one that may be shown.
    """
    lines = _Lines.in_force
    if lines is None or structlog.get_config()["processors"] is not lines.processors:
        _log.info("request", **line, caller=caller)
        return
    lines.write(
        {
            **line,
            "caller": caller and _without_credentials(caller),
            "event": "request",
            "trace_id": trace_id,
            "level": "info",
            "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat() + "Z",
        }
    )


class _Lines:
    """Writes lines of JSON.

    Attributes:
        in_force: what `configure` made last; as long as its ``processors`` are structlog's.
    """

    in_force: "_Lines | None" = None

    def __init__(self, out: _Out, processors: list[Any]) -> None:
        self.processors = processors
        self._out = out

    def write(self, line: dict[str, Any]) -> None:
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


_without_credentials: Callable[[str], str] = lru_cache(1_024)(without_credentials)
_log = structlog.get_logger("laneway.http")


# --- what libraries log --------------------------------------------------------------------------


def _libraries(told: list[Any], rendered: list[Any], threshold: int) -> None:
    """Give what is logged with Python's own `logging` the same form."""
    handler = logging.StreamHandler(sys.stderr)
    own = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*told, structlog.stdlib.add_logger_name],
            processors=[own, *rendered],
        )
    )
    handler.addFilter(_without_what_was_sent)
    logging.basicConfig(handlers=[handler], level=threshold)


def _without_what_was_sent(record: logging.LogRecord) -> bool:
    """Let a line about malformed HTTP say that it was, and not what: that may hold anything."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | RequestPayloadError):
        record.msg, record.args = "malformed_request", ()
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True
