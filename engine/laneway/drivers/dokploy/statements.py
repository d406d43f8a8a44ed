"""What a run's own script says in the log about how it went.

Dokploy exposes no exit code, marks rows for reasons of its own, and before 0.30.0 calls a failed
remote script ``done``. The scripts that Laneway sends (``laneway.drivers.odoo.scripts``) therefore
end with a line that says it, and the guard in front of them says when it held something back.
"""

import re
from enum import StrEnum

import msgspec


class Statement(StrEnum):
    """What the last such line says of the work that carries the marker."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"  # the guard held this run back: another one is at it, or was lost


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one attempt's script.

    Attributes:
        kind: what the script does, in one word.
        database: that it does it to.
        marker: of the attempt.
    """

    kind: str
    database: str
    marker: str

    @property
    def begins(self) -> str:
        """The line with which the work of this marker begins."""
        return f"laneway-guard: {self.marker} begins"

    @property
    def succeeded(self) -> str:
        """The last line of a run that did the work."""
        return f"odoo: {self.kind} of {self.database} finished"

    @property
    def failed(self) -> str:
        """How the last line of a run that failed begins; why follows in brackets."""
        return f"odoo: {self.kind} failed"

    @property
    def succeeded_before(self) -> str:
        """The guard: an earlier run of this marker did the work."""
        return f"laneway-guard: {self.marker} was executed already"

    @property
    def failed_before(self) -> str:
        """The guard: an earlier run of this marker failed."""
        return f"laneway-guard: {self.marker} failed already"

    @property
    def begun_before(self) -> str:
        """The guard: an earlier run of this marker began, and nothing says that it ended."""
        return f"laneway-guard: {self.marker} has begun and has not ended"

    def read(self, log: str) -> Statement | None:
        """What a log says, by its last line that says anything."""
        for line in reversed(log.splitlines()):
            statement = self._of(line.strip())
            if statement is not None:
                return statement
        return None

    def _of(self, line: str) -> Statement | None:
        if line in (self.succeeded, self.succeeded_before):
            return Statement.SUCCEEDED
        if line == self.begun_before:
            return Statement.ELSEWHERE
        for prefix in (self.failed, self.failed_before):
            if re.fullmatch(rf"{re.escape(prefix)}(?: \(.*\))?", line):
                return Statement.FAILED
        return None
