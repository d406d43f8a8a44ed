"""What is found wrong with a plan, where in its document, and on which way through it."""

from dataclasses import dataclass
from enum import StrEnum

from .schemas import Mistake, Path


class Severity(StrEnum):
    """Whether a plan with the finding can be used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Step:
    """A phase, and how an operation leaves it.

    Attributes:
        outcome: of the phase; or ``cancelled`` or ``deadline``, where that takes the operation
            away; or ``renew``, where something that the phase requires is made again first.
    """

    phase: str
    outcome: str


@dataclass(frozen=True)
class Witness:
    """A way through a plan that shows what a finding says; false where there is none to show.

    Attributes:
        last: where the last step leads: a phase; ``(cancelled)`` where the operation ends as
            that without a phase that says so; ``(limit)`` where it ends as ``fail``, as the next
            phase was entered as often as it may be; or ``?`` where the plan does not say.
    """

    steps: tuple[Step, ...] = ()
    last: str = ""

    def __bool__(self) -> bool:
        return bool(self.last)

    def __str__(self) -> str:
        """``look -pass-> change -fail-> tidy``."""
        return "".join(f"{step.phase} -{step.outcome}-> " for step in self.steps) + self.last


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a plan.

    Attributes:
        code: stable, for programs and for looking it up.
        message: what is wrong, for people.
        pointer: keys and indexes that lead to the place in the document.
        hint: what to do, or empty.
        about_key: the place is the last key of the pointer, not its value.
        within: where the value is text and one expression in it is wrong, the expression.
        offset: characters from the expression's start to the place.
        witness: a way on which it shows.
    """

    code: str
    message: str
    pointer: Path
    hint: str = ""
    severity: Severity = Severity.ERROR
    about_key: bool = False
    within: str = ""
    offset: int = 0
    witness: Witness = Witness()


def from_mistake(mistake: Mistake, base: Path = (), code: str = "", prefix: str = "") -> Finding:
    """A finding from a mistake in a part of the document."""
    return Finding(
        code or mistake.code,
        prefix + mistake.message,
        (*base, *mistake.path),
        mistake.hint,
        about_key=mistake.about_key,
    )
