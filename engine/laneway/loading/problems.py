"""What is wrong with a file, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

from laneway.core.findings import Severity


@dataclass(frozen=True)
class PlacedStep:
    """A phase on the way that shows what is wrong.

    Attributes:
        phase: its name; or ``(cancelled)`` or ``?``, see `laneway.core.findings.Witness`.
        outcome: how it is left; empty where the way ends.
        line: where it stands in the file, and ``column``; both 0 where it does not.
    """

    phase: str
    outcome: str
    line: int
    column: int


@dataclass(frozen=True)
class PlanError:
    """One thing that is wrong with a file. Lines and columns count from 1.

    Attributes:
        witness: a way through the plan on which it shows; empty where it is about no way.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    witness: tuple[PlacedStep, ...] = ()

    @property
    def way(self) -> str:
        """The witness in one line: ``look -pass-> change -fail-> tidy``."""
        return "".join(f"{s.phase} -{s.outcome}-> " if s.outcome else s.phase for s in self.witness)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        text = f"{place}: {self.severity}: {self.message}"
        return f"{text} — {self.hint}" if self.hint else text


class FileInvalid(Exception):
    """A file that cannot be used. ``errors`` has everything that is wrong with it, by place."""

    def __init__(self, errors: Iterable[PlanError]) -> None:
        self.errors = in_order(errors)
        super().__init__("\n".join(map(str, self.errors)))


class PlanInvalid(FileInvalid):
    """A plan that cannot be used."""


class TargetsInvalid(FileInvalid):
    """Target records that cannot be used."""


def in_order(errors: Iterable[PlanError]) -> list[PlanError]:
    """Errors by their place, each once."""
    return sorted(dict.fromkeys(errors), key=lambda error: (error.file, error.line, error.column))
