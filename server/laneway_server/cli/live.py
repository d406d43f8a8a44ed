"""The live view of an operation on a terminal: phases that tick over, drawn over and over."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from laneway_server.client.patience import Attempt
from laneway_server.client.snapshots import Event, Snapshot

from .look import NOTICE
from .phases import operation
from .text import clean

REFRESH = 8
"""Times a second that the view is drawn."""


class LiveView:
    """An observer that draws. Used as a context: what it drew last stays on the terminal.

    Args:
        console: of the terminal.
        now: the time at the server.
    """

    def __init__(self, console: Console, now: Callable[[], datetime]) -> None:
        self._now = now
        self._operation: Snapshot | None = None
        self._away: Attempt | None = None
        self._live = Live(
            console=console,
            refresh_per_second=REFRESH,
            get_renderable=self.render,
            vertical_overflow="ellipsis",
        )

    def __enter__(self) -> "LiveView":
        self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What stays is the whole table, also where it is longer than the terminal.
        self._live.vertical_overflow = "visible"
        self._live.stop()

    def changed(self, now: Snapshot) -> None:
        """Show the operation as it is."""
        self._operation = now

    def happened(self, event: Event, raw: str) -> None:
        """Events show by what they change."""

    def waiting(self, attempt: Attempt | None) -> None:
        """Show that the server is away; not where it is back at once, as after a cut connection."""
        worth = attempt is not None and (attempt.number > 1 or self._operation is None)
        self._away = attempt if worth else None

    def render(self) -> RenderableType:
        """What is to be seen now."""
        parts: list[RenderableType] = []
        if self._operation is not None:
            ended = self._operation.ended
            parts.append(operation(self._operation, self._now(), moving=not ended))
        if self._away is not None:
            told = f"{NOTICE.symbol} {clean(self._away.cause)}; it is asked again"
            parts.append(Padding(Text(told, style=NOTICE.style), (0, 2)))
        return Group(*parts)
