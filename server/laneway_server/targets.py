"""Target records that follow their file.

The file is looked at when a record is asked for, at most once a second. What is in it then replaces
what was there before, whole; a file that cannot be used replaces nothing, and is told of in the log
and by ``GET /v1/health``. An operation keeps the record that it began with.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.loading.problems import FileInvalid, PlanError
from laneway.loading.targets import TargetRecords, load_targets
from laneway.ports.environment import Clock

from . import wire

EVERY = 1.0
"""Seconds between two looks at the file."""

_Signature = tuple[int, int, int]
_log = structlog.get_logger("laneway.targets")


class ReloadingTargets:
    """Implements `laneway.ports.environment.Targets` over a file.

    Args:
        file: of target records.
        clock: for when it was loaded.
        seconds: a time that only moves forward.

    Raises:
        FileInvalid: the file cannot be used at all, so there is nothing to begin with.
    """

    def __init__(
        self, file: Path, clock: Clock, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._clock = clock
        self._seconds = seconds
        self._looked_at = seconds()
        self._signature = _signature(file)
        self._records = _load(file)
        self._loaded_at: Instant = clock.now()
        self._errors: Sequence[PlanError] = ()

    def target(self, lane: Lane) -> dict[str, Any] | None:
        """The target record of a lane, or None where there is none."""
        self._follow()
        return self._records.target(lane)

    def standing(self) -> wire.TargetsView:
        """Which file, when it was loaded, and what is wrong with what is in it now.

        What is written there is not told: a mistake may be a secret in the wrong place.
        """
        self._follow()
        errors = [
            wire.TargetsError(line=error.line, column=error.column, code=error.code)
            for error in self._errors
        ]
        return wire.TargetsView(file=self._file.name, loaded_at=self._loaded_at, errors=errors)

    def _follow(self) -> None:
        """Load the file anew where it is not the one that was looked at last."""
        now = self._seconds()
        if now - self._looked_at < EVERY:
            return
        self._looked_at = now
        # Before it is read: what changes in between is seen the next time.
        signature = _signature(self._file)
        if signature != self._signature:
            self._signature = signature
            self._load_again()

    def _load_again(self) -> None:
        try:
            self._records = _load(self._file)
        except FileInvalid as invalid:
            self._errors = invalid.errors
            _log.error("targets_kept", file=str(self._file), errors=[*map(str, invalid.errors)])
            return
        self._loaded_at, self._errors = self._clock.now(), ()
        _log.info("targets_loaded", file=str(self._file), lanes=len(self._records.records))


def _load(file: Path) -> TargetRecords:
    try:
        return load_targets(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise _unreadable(file, "unreadable", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(file, "not_utf8", "is not UTF-8") from error


def _unreadable(file: Path, code: str, why: str) -> FileInvalid:
    return FileInvalid([PlanError(str(file), 1, 1, code, f"the file {why}")])


def _signature(file: Path) -> _Signature | None:
    """What tells one content from another without reading it; None where there is no file."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
