"""What a command leaves behind in a GitHub workflow: outputs, annotations, a summary."""

from collections.abc import Callable
from datetime import datetime
from typing import IO, cast

import msgspec

from laneway_server.cli.text import clean
from laneway_server.client.patience import Attempt
from laneway_server.client.problems import Refused
from laneway_server.client.snapshots import Event, Snapshot

from .commands import Log, LogFile, Outputs
from .markdown import SummaryFile
from .summary import Told, not_begun, of_operation, of_rejection, of_silence
from .view import GithubView
from .workflow import Workflow


class Report:
    """The report of one command; an observer of the operation that it is about.

    The summary is there from the moment that the operation is, and is written anew at the end: who
    is killed in between has said how to rejoin.

    Args:
        workflow: the run that this is part of.
        write: takes a line of the log.
        told: what the summary is to know.
        now: the time at the server.

    Attributes:
        file: the log, for what writes to files.
        key: the idempotency key of the workflow's run; empty where that is not known.
    """

    def __init__(
        self,
        workflow: Workflow,
        write: Callable[[str], None],
        told: Told,
        now: Callable[[], datetime],
    ) -> None:
        self._log = Log(write)
        self._view = GithubView(self._log, now)
        self._outputs = Outputs(workflow.outputs)
        self._summary = SummaryFile(workflow.summary)
        self._told = told
        self._now = now
        self._last: Snapshot | None = None
        self.file = cast("IO[str]", LogFile(self._log))
        self.key = workflow.key

    # --- as an observer --------------------------------------------------------------------------

    def changed(self, now: Snapshot) -> None:
        """See `Observer`."""
        if self._last is None:
            self.accepted(now)
        self._last = now
        self._view.changed(now)

    def happened(self, event: Event, raw: str) -> None:
        """See `Observer`."""
        self._view.happened(event, raw)

    def waiting(self, attempt: Attempt | None) -> None:
        """See `Observer`."""
        self._view.waiting(attempt)

    # --- how it goes, and how it ends ------------------------------------------------------------

    def accepted(self, now: Snapshot) -> None:
        """The operation is there."""
        self._last = now
        self._outputs.set(
            operation_id=clean(now.id),
            status=clean(now.status),
            evidence=self._told.url(now, "/evidence"),
        )
        self._summarise(now)

    def concluded(self, now: Snapshot) -> None:
        """The operation has ended, or needs a person."""
        self.accepted(now)
        self._view.conclude(now)

    def refused(self, refused: Refused) -> None:
        """The server said no: to the submission, or, later, to showing the operation."""
        if self._last is not None:
            return self.left(f"It goes on, and the server does not show it any more: {refused}.")
        self._annotate("error", str(refused), "The operation was not accepted")
        problem = msgspec.json.encode(refused.problem).decode("utf-8", "replace")
        self._outputs.set(status="rejected", problem=problem)
        return self._summary.write(of_rejection(refused))

    def left(self, why: str, operation: str = "") -> None:
        """It is not watched any more, or could not be found.

        Args:
            why: a sentence.
            operation: its id, where it was named before it was read.
        """
        self._annotate("warning", why, "The operation is not watched any more")
        if self._last is not None:
            self._outputs.set(status=clean(self._last.status))
            return self._summarise(self._last, why)
        return self._summary.write(of_silence(why, self.key, operation))

    def wrong(self, why: str) -> None:
        """The command cannot do what it is asked."""
        if self._last is not None:
            return self.left(why)
        self._annotate("error", why, "Nothing was submitted")
        return self._summary.write(not_begun(why))

    def close(self) -> None:
        """Leave the log as it has to be left."""
        self._view.leave()

    def _annotate(self, kind: str, words: str, title: str) -> None:
        self._view.leave()
        self._log.command(kind, clean(words), title=title)

    def _summarise(self, now: Snapshot, left: str = "") -> None:
        self._summary.write(of_operation(now, self._now(), self._told, left=left))
