"""Dokploy's rows, with the columns that are used; what else a panel answers is dropped at once.

``env`` of a compose holds decrypted secrets. It is read for two variables and to know what to
redact, and never leaves the driver.
"""

import re

import msgspec

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
SUPERSEDED = "Superseded by a new run"


class PanelVersion(msgspec.Struct, frozen=True, order=True):
    """A Dokploy release, and what differs between releases."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> "PanelVersion | None":
        """Read ``v0.30.2``; None where the text is not a release (a canary, say)."""
        found = _VERSION.match(text)
        return cls(*(int(part) for part in found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


READS_LOGS = PanelVersion(0, 29, 6)
"""From here on there is ``deployment.readLogs``."""

SHOWS_REMOTE_EXIT = PanelVersion(0, 30, 0)
"""From here on a failed script on a remote server ends as ``error``.

Before that its output went through ``tee``, whose exit code counted, so it ended as ``done``.
"""


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of Dokploy's rows."""


class Domain(Row, frozen=True, kw_only=True, rename="camel"):
    """A domain of a compose."""

    host: str


class Deployment(Row, frozen=True, kw_only=True, rename="camel"):
    """A deployment, or a run of a schedule: ``running``, ``done``, ``error`` or ``cancelled``."""

    deployment_id: str
    status: str | None = None
    description: str | None = None
    created_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    error_message: str | None = None

    @property
    def superseded(self) -> bool:
        """The panel gave the row up for a newer run, whatever its command does."""
        return self.status == "error" and (self.error_message or "").startswith(SUPERSEDED)


class Compose(Row, frozen=True, kw_only=True, rename="camel"):
    """A compose. ``domains`` is None where the panel does not tell them.

    Attributes:
        compose_status: ``idle`` (stopped), ``running`` (a deployment is at work), ``done`` (started
            or deployed) or ``error``.
    """

    compose_id: str
    name: str
    app_name: str
    env: str | None = None
    compose_status: str | None = None
    server_id: str | None = None
    domains: tuple[Domain, ...] | None = None
    deployments: tuple[Deployment, ...] = ()


class Schedule(Row, frozen=True, kw_only=True, rename="camel"):
    """A schedule."""

    schedule_id: str
    name: str
    app_name: str = ""
    enabled: bool | None = None
    schedule_type: str = ""
    compose_id: str | None = None
    server_id: str | None = None
