"""One difference between two plans, and what it means."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from laneway.core.findings import Witness
from laneway.core.proofs import in_words


class Bearing(StrEnum):
    """What a change means for safety; the most serious first.

    ``dangerous`` takes a safeguard away, or lets the plan destroy more; ``looser`` allows more than
    before, ``stricter`` less; ``neutral`` is neither, as far as can be told.
    """

    DANGEROUS = "dangerous"
    LOOSER = "looser"
    NEUTRAL = "neutral"
    STRICTER = "stricter"


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        code: what kind of change it is; stable, for programs.
        phase: the phase or branch that it is in, by its new name; empty for the plan itself.
        words: for people: what was, and what is.
        witness: a way on which a proof that was lost shows.
    """

    code: str
    bearing: Bearing
    words: str
    phase: str = ""
    witness: Witness = field(default_factory=Witness)


Tell = Callable[[str, Bearing, str], Change]
"""Makes a change of one phase (or of the plan): code, bearing, words."""


def about(phase: str = "") -> Tell:
    """Makes the changes of a phase, or of the plan itself."""

    def tell(code: str, bearing: Bearing, words: str) -> Change:
        return Change(code, bearing, words, phase)

    return tell


def more_is(looser: bool, before: float, after: float) -> Bearing:
    """The bearing of a number that has changed."""
    return Bearing.LOOSER if (after > before) == looser else Bearing.STRICTER


def length(milliseconds: int | None) -> str:
    """A length in words; ``without limit`` for None."""
    return "without limit" if milliseconds is None else in_words(milliseconds)
