"""The policy that follows the access file: see ``laneway_server.following``.

A file that cannot be used leaves the policy in force that was there before, so there is never a
moment without one.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from laneway.ports.environment import Clock
from laneway_server.following import FollowedFile

from .loading import read_access
from .policy import Policy


class ReloadingPolicy:
    """The policy of an access file.

    Args:
        file: the access file.
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
            "access",
            load=lambda path: Policy(read_access(path).document),
            told=_told,
            clock=clock,
            seconds=seconds,
        )

    def current(self) -> Policy:
        """The policy that is in force now."""
        return self._followed.content()

    def standing(self) -> dict[str, Any]:
        """Which policy is in force, since when, and where the file is wrong that would replace it.

        What is written there is not told: anybody may ask, and a mistake may be a secret in the
        wrong place. The log says more.
        """
        policy = self.current()
        return {
            "file": self._followed.name,
            "policy": policy.document.digest,
            "loaded_at": self._followed.loaded_at,
            "errors": [
                {"line": error.line, "column": error.column, "code": error.code}
                for error in self._followed.errors
            ],
        }


def _told(policy: Policy) -> dict[str, Any]:
    return {"rules": len(policy.document.rules), "policy": policy.document.digest}
