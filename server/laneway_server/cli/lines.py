"""The plain view of an operation: one line for every event that matters, for logs and pipes."""

from collections.abc import Callable
from datetime import datetime

from rich.text import Text

from laneway_server.client.patience import Attempt
from laneway_server.client.snapshots import Event, Snapshot

from .look import NOTICE, Look
from .standing import advice, waiting
from .tellings import Story
from .text import clean, clock

_NEEDS_PEOPLE = ("approval_requested", "operation_paused")


class LineView:
    """An observer that prints lines.

    Args:
        say: prints one.
        now: the time at the server.
    """

    def __init__(self, say: Callable[[Text], None], now: Callable[[], datetime]) -> None:
        self._say = say
        self._now = now
        self._story = Story(now)
        self._away = False

    def changed(self, now: Snapshot) -> None:
        """Learn what phases are called, and what people can do."""
        self._story.operation = now

    def happened(self, event: Event, raw: str) -> None:
        """Print what the event says, where that matters to people."""
        told = self._story.line(event)
        if told is not None:
            self._print(event.at, *told)
        if event.type in _NEEDS_PEOPLE:
            self.advise()

    def waiting(self, attempt: Attempt | None) -> None:
        """Say that the server is away, once; not where it is back at once."""
        if attempt is None:
            if self._away:
                self._print(self._now().isoformat(), NOTICE, "in contact again")
            self._away = False
        elif not self._away and (attempt.number > 1 or self._story.operation is None):
            self._away = True
            told = f"{clean(attempt.cause)}; it is asked again"
            self._print(self._now().isoformat(), NOTICE, told)

    def conclude(self, now: Snapshot) -> None:
        """Print what is to be said after the last event."""
        self._story.operation = now
        told = waiting(now, self._now())
        if told:
            self._say(Text(" " * 11 + told))
        self.advise()

    def advise(self) -> None:
        """Print what people can do now."""
        for hint in advice(self._story.operation) if self._story.operation else []:
            self._say(Text.assemble(" " * 9, ("→ ", "cyan"), clean(hint)))

    def _print(self, at: str, seen: Look, words: str) -> None:
        self._say(line(at, seen, words))


def line(at: str, seen: Look, words: str) -> Text:
    """What happened, after the time of day."""
    return Text.assemble((clock(at), "dim"), " ", (seen.symbol, seen.style), " ", words)
