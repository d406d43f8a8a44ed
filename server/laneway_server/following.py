"""What was read from a file, and follows it.

The file is looked at when its content is asked for, at most once a second. What is in it then
replaces what was there before, whole; a file that cannot be used replaces nothing, and the log says
so. Replace such a file by renaming a new one over it, so that no half of it is ever seen.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog

from laneway.core.instants import Instant
from laneway.loading.problems import FileInvalid, PlanError
from laneway.ports.environment import Clock

EVERY = 1.0
"""Seconds between two looks at the file."""

Content = TypeVar("Content")
_Signature = tuple[int, int, int]


class FollowedFile(Generic[Content]):
    """The content of a file as it was when it could be used last.

    Args:
        file: what is followed.
        name: what the log calls it: ``NAME_loaded``, ``NAME_kept``.
        load: reads it; raises ``FileInvalid``.
        told: what the log tells of a content that was loaded.
        clock: for when it was loaded.
        seconds: a time that only moves forward.

    Raises:
        FileInvalid: the file cannot be used at all, so there is nothing to begin with.
    """

    def __init__(
        self,
        file: Path,
        name: str,
        *,
        load: Callable[[Path], Content],
        told: Callable[[Content], dict[str, Any]],
        clock: Clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._name = name
        self._load = load
        self._told = told
        self._clock = clock
        self._seconds = seconds
        self._log = structlog.get_logger(f"laneway.{name}")
        self._looked_at = seconds()
        self._signature = _signature(file)
        self._content = load(file)
        self._loaded_at: Instant = clock.now()
        self._errors: Sequence[PlanError] = ()

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self._file.name

    @property
    def loaded_at(self) -> Instant:
        """When the content was loaded that is in force."""
        return self._loaded_at

    @property
    def errors(self) -> Sequence[PlanError]:
        """What is wrong with what is in the file now; nothing where that is in force."""
        return self._errors

    def content(self) -> Content:
        """What is in force now."""
        now = self._seconds()
        if now - self._looked_at >= EVERY:
            self._looked_at = now
            self._look()
        return self._content

    def _look(self) -> None:
        """Load the file anew where it is not the one that was looked at last."""
        # Before it is read: what changes in between is seen the next time.
        signature = _signature(self._file)
        if signature != self._signature:
            self._signature = signature
            self._load_again()

    def _load_again(self) -> None:
        try:
            self._content = self._load(self._file)
        except FileInvalid as invalid:
            self._errors = invalid.errors
            errors = [*map(str, invalid.errors)]
            self._log.error(f"{self._name}_kept", file=str(self._file), errors=errors)
            return
        self._loaded_at, self._errors = self._clock.now(), ()
        told = self._told(self._content)
        self._log.info(f"{self._name}_loaded", file=str(self._file), **told)


def _signature(file: Path) -> _Signature | None:
    """What tells one content from another without reading it; None where there is no file."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
