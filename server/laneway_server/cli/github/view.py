"""The view of an operation in a workflow's log: a group for each phase, and annotations."""

from collections.abc import Callable
from datetime import datetime

from laneway_server.cli.lines import LineView
from laneway_server.cli.look import look
from laneway_server.cli.standing import advice, failure_words, waiting, why
from laneway_server.cli.text import clean, clock
from laneway_server.client.patience import Attempt
from laneway_server.client.snapshots import Event, Phase, Snapshot

from .commands import Log

MOST_ANNOTATIONS = 8
"""Of a kind; GitHub shows ten for each step."""

_UNWELL = ("fail", "refused", "reconciliation_required")


class GithubView:
    """An observer that writes to a workflow's log.

    Branches are told in the group of their parallel phase. What a phase came to stands behind its
    group, so that it is seen where the group is closed.

    Args:
        log: of the step.
        now: the time at the server.

    Attributes:
        last: the operation as it was read last.
    """

    def __init__(self, log: Log, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now
        self._lines = LineView(lambda text: self._say(text.plain), now)
        self.last: Snapshot | None = None
        self._group = ""
        self._told = False

    def changed(self, now: Snapshot) -> None:
        """See `Observer`."""
        self.last = now
        self._lines.changed(now)

    def happened(self, event: Event, raw: str) -> None:
        """See `Observer`."""
        self._enter(self._home(event))
        self._told = False
        self._lines.happened(event, raw)
        if event.type == "phase_started" and not self._told:
            self._say(f"{clock(event.at)} {look('running').symbol} {self._label(event)} begins")
        if event.type == "approval_requested":
            self._ask(event)

    def waiting(self, attempt: Attempt | None) -> None:
        """See `Observer`."""
        self._lines.waiting(attempt)

    def conclude(self, now: Snapshot) -> None:
        """Write what is to be said after the last event, and the annotations."""
        self._enter("")
        self._lines.conclude(now)
        self._annotate(now)
        self._log.close()

    def leave(self) -> None:
        """Leave the log as it has to be left where nothing more is told."""
        self._enter("")
        self._log.close()

    # --- groups ----------------------------------------------------------------------------------

    def _home(self, event: Event) -> str:
        """The phase whose group an event is told in; empty where it stands outside."""
        phase = self._find(event.phase)
        if phase is None:
            return ""
        if phase.parent:
            return phase.parent
        return "" if event.type == "phase_finished" else phase.name

    def _enter(self, group: str) -> None:
        if group == self._group:
            return
        if self._group:
            self._log.command("endgroup")
        if group:
            found = self._find(group)
            self._log.command("group", clean(found.label if found else group, 120))
        self._group = group

    def _find(self, phase: str | None) -> Phase | None:
        return self.last.find(phase) if self.last else None

    def _label(self, event: Event) -> str:
        return clean(self.last.label(event.phase) if self.last else event.phase, 120)

    def _say(self, line: str) -> None:
        self._told = True
        self._log.text(line)

    # --- annotations -----------------------------------------------------------------------------

    def _ask(self, event: Event) -> None:
        if self.last is None:
            return
        hints = [clean(hint) for hint in advice(self.last)]
        self._log.command(
            "notice", "\n".join(hints), title=f"{self._label(event)}: somebody has to decide"
        )

    def _annotate(self, now: Snapshot) -> None:
        title = f"{clean(now.title, 100)} {look(now.status).word}"
        told = [why(now) or waiting(now, self._now()), f"{clean(now.lane)} · {clean(now.id, 60)}"]
        if now.status in _UNWELL:
            self._log.command("error", "\n".join(filter(None, told)), title=title)
        elif now.status == "cancelled":
            self._log.command("warning", "\n".join(filter(None, told)), title=title)
        failed = (phase for phase in now.phases if phase.status in _UNWELL and phase.failure)
        for phase in [*failed][:MOST_ANNOTATIONS]:
            words = failure_words(phase.failure)
            self._log.command("error", words, title=f"{clean(phase.label, 100)} failed")
