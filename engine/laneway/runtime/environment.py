"""The real clock and real ids."""

import asyncio
from datetime import UTC, datetime

from ulid import ULID

from laneway.core.instants import Instant, instant


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
