"""The Dokploy versions whose answers differ, and what differs.

The differences are those of Dokploy's own source at the named tags.
"""

from __future__ import annotations

import re

import msgspec

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


class DokployVersion(msgspec.Struct, frozen=True, order=True):
    """A Dokploy release, and the behaviour that came with it."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> DokployVersion:
        """Read `0.30.2` or `v0.30.2`.

        Raises:
            ValueError: the text is not a version.
        """
        found = _VERSION.fullmatch(text)
        if found is None:
            raise ValueError(f"not a Dokploy version: {text!r}")
        major, minor, patch = (int(part) for part in found.groups())
        return cls(major, minor, patch)

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"

    @property
    def reads_logs(self) -> bool:
        """`deployment.readLogs` is there (0.29.6)."""
        return self >= DokployVersion(0, 29, 6)

    @property
    def answers_with_row(self) -> bool:
        """runManually answers `{status, deploymentId, logPath}`, a failure included (0.29.14)."""
        return self >= DokployVersion(0, 29, 14)

    @property
    def supersedes(self) -> bool:
        """A new run marks a running row of the same schedule `error` (0.30.0)."""
        return self >= DokployVersion(0, 30, 0)

    @property
    def remote_failure_shows(self) -> bool:
        """A failing script on a remote server ends as `error` (0.30.0, `set -o pipefail`).

        Before that its output went through `tee`, whose exit code counted: a failed script of a
        schedule of type `server` ended as `done`, with the ✅ line in its log.
        """
        return self >= DokployVersion(0, 30, 0)
