"""Target records that follow their file: see ``following``.

``GET /v1/health`` tells of a file that cannot be used. An operation keeps the record that it began
with.
"""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from laneway.core.model import Lane
from laneway.loading.documents import read_file
from laneway.loading.targets import TargetRecords, load_targets
from laneway.ports.environment import Clock

from . import wire
from .following import FollowedFile


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
        self._followed = FollowedFile(
            file,
            "targets",
            load=lambda path: load_targets(read_file(path), str(path)),
            told=lambda known: {"lanes": len(known.records)},
            clock=clock,
            seconds=seconds,
        )

    def lanes(self) -> Collection[Lane]:
        """The lanes that have a record."""
        return self._records().lanes()

    def target(self, lane: Lane) -> dict[str, Any] | None:
        """The target record of a lane, or None where there is none."""
        return self._records().target(lane)

    def standing(self) -> wire.TargetsView:
        """Which file, when it was loaded, and what is wrong with what is in it now.

        What is written there is not told: a mistake may be a secret in the wrong place.
        """
        self._records()
        followed = self._followed
        errors = [
            wire.TargetsError(line=error.line, column=error.column, code=error.code)
            for error in followed.errors
        ]
        return wire.TargetsView(file=followed.name, loaded_at=followed.loaded_at, errors=errors)

    def _records(self) -> TargetRecords:
        return self._followed.content()
