"""How patiently a run is watched."""

import msgspec


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The patience of a watch, in milliseconds.

    Attributes:
        first_poll: between the first looks; it grows by half up to ``last_poll``.
        settle: how long a picture that will not tell more must stay the same to be believed.
        unanswered: after this a POST without an answer or a row counts as heard of.
        row_wait: for how long a POST that is not answered may go without a row.
    """

    first_poll: int = 1_000
    last_poll: int = 10_000
    settle: int = 10_000
    unanswered: int = 10_000
    row_wait: int = 300_000


class Pace:
    """How often to look, and for how long nothing has changed."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._standing: dict[str, str] = {}
        self.counts = True
        self.restart()

    def restart(self) -> None:
        """Something has changed: look often again."""
        self.quiet = 0
        self._interval = self._settings.first_poll

    def next(self) -> int:
        """Milliseconds until the next look."""
        interval = self._interval
        self._interval = min(interval * 3 // 2, self._settings.last_poll)
        return interval

    def passed(self, milliseconds: int) -> None:
        """Time went by; it counts where the panel could be read before it."""
        if self.counts:
            self.quiet += milliseconds

    def changed(self, standing: dict[str, str]) -> bool:
        """Whether the runs stand otherwise than at the last look."""
        if standing == self._standing:
            return False
        self._standing = standing
        self.restart()
        return True
