"""What is found wrong with a plan, and where in its document."""

from dataclasses import dataclass
from enum import StrEnum

from .schemas import Mistake, Path


class Severity(StrEnum):
    """Whether a plan with the finding can be used."""

    ERROR = "error"
    WARNING = "warning"


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
    """

    code: str
    message: str
    pointer: Path
    hint: str = ""
    severity: Severity = Severity.ERROR
    about_key: bool = False
    within: str = ""
    offset: int = 0


def from_mistake(mistake: Mistake, base: Path = (), code: str = "", prefix: str = "") -> Finding:
    """A finding from a mistake in a part of the document."""
    return Finding(
        code or mistake.code,
        prefix + mistake.message,
        (*base, *mistake.path),
        mistake.hint,
        about_key=mistake.about_key,
    )
