"""The real clock and real ids, and a world without a policy."""

import asyncio
from datetime import UTC, datetime

from ulid import ULID

from laneway.core.events import OperationAccepted, Ruling
from laneway.core.instants import Instant, instant
from laneway.core.model import Plan


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> Instant:
        """The time."""
        return instant(datetime.now(UTC))

    async def sleep(self, milliseconds: int) -> None:
        """Return after that many milliseconds."""
        await asyncio.sleep(max(milliseconds, 0) / 1000)


class Ulids:
    """Ids that sort by the time they were made at."""

    def operation_id(self) -> str:
        """``op_<ULID>``."""
        return f"op_{ULID()}"


class NoPolicy:
    """Everybody may do everything: there is nothing to ask, and nothing is written down of it."""

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        """None."""
        return None
