"""How statuses look: a symbol, a word and a style each."""

import msgspec
from rich.text import Text

from .text import clean

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Look(msgspec.Struct, frozen=True):
    """How a status looks."""

    symbol: str
    word: str
    style: str


_LOOKS = {
    "pending": Look("·", "pending", "dim"),
    "running": Look("▸", "running", "cyan"),
    "waiting": Look("◷", "waiting", "yellow"),
    "paused": Look("‖", "paused", "yellow"),
    "reconciliation_required": Look("?", "to reconcile", "bold magenta"),
    "pass": Look("✓", "pass", "green"),
    "fail": Look("✗", "fail", "bold red"),
    "refused": Look("⊘", "refused", "bold yellow"),
    "cancelled": Look("⊘", "cancelled", "yellow"),
    "skipped": Look("–", "skipped", "dim"),
}
NOT_REACHED = Look("–", "not reached", "dim")
NOTICE = Look("!", "", "yellow")
AGAIN = Look("↻", "", "yellow")
BY_HAND = Look("•", "", "cyan")


def look(status: str) -> Look:
    """How a status looks; one that is not known here is shown by its name."""
    return _LOOKS.get(status) or Look("•", clean(status, 24), "")


def symbol(status: str, seconds: float | None = None) -> Text:
    """A status's symbol; what is running turns, where the time in seconds is given."""
    found = look(status)
    if status == "running" and seconds is not None:
        return Text(SPINNER[int(seconds * 8) % len(SPINNER)], style=found.style)
    return Text(found.symbol, style=found.style)


def worded(status: str) -> Text:
    """``✓ pass``."""
    found = look(status)
    return Text(f"{found.symbol} {found.word}", style=found.style)
