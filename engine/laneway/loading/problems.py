"""What is wrong with a file, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

from laneway.core.findings import Severity


@dataclass(frozen=True)
class PlanError:
    """One thing that is wrong with a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

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
