"""Structured logs on standard error: text for a person at a terminal, else a line of JSON each."""

import logging
import sys
from typing import Any

import structlog


def configure(form: str, level: str) -> None:
    """Set up logging for the process.

    Args:
        form: ``text``, ``json``, or ``auto``: text where standard error is a terminal.
        level: what is logged at least.
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(stream=sys.stderr, level=max(threshold, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_rendering(as_text=as_text),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def _rendering(*, as_text: bool) -> list[Any]:
    if as_text:
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
