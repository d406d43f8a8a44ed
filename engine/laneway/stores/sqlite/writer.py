"""The one writer: takes what waits, writes it in one transaction, and tells each how it went.

While one group is on its way to the disk the next gathers, so the more that waits, the less a
commit costs. Whoever waits may go away: what was handed over is written, or refused, all the same.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from laneway.ports.store import Commit, Lease, StoreUnavailable

from .batch import GROUP_LIMIT, prepare
from .connection import Connection
from .files import Files
from .group import Errand, Failed, Group, Member

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Something to write, and who waits for it."""

    what: Member | Errand[Any]
    done: asyncio.Future[Any]


class Writer:
    """Owns the writing connection, from its first use to `close`."""

    def __init__(self, connection: Connection, files: Files) -> None:
        self._connection = connection
        self._files = files
        self._group = Group(files)
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="laneway-store-writer")

    async def commit(self, commit: Commit, lease: Lease) -> int:
        """Write a commit with whatever else waits; the position of its last event."""
        position: int = await self._handed_over(Member(prepare(commit), lease.epoch))
        return position

    async def perform(self, errand: Errand[_T]) -> _T:
        """Run an errand beside the commits; gives what it gives, once that is on disk."""
        result: _T = await self._handed_over(errand)
        return result

    async def close(self) -> None:
        """Write what waits, take nothing more, and close the connection."""
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._task])
        await self._connection.close()
        if not self._task.cancelled():
            self._task.result()  # a writer that failed is a defect: let it be seen

    def _handed_over(self, what: Member | Errand[Any]) -> asyncio.Future[Any]:
        if self._closing or self._task.done():
            raise StoreUnavailable(f"{self._files.path} is closed; nothing was written")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(what, done))
        self._wake.set()
        return done

    async def _run(self) -> None:
        try:
            while self._waiting or not self._closing:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._round()
        finally:
            self._abandon(self._waiting)

    async def _round(self) -> None:
        count = min(len(self._waiting), GROUP_LIMIT)
        group = [self._waiting.popleft() for _ in range(count)]
        try:
            write = partial(self._group.write, waiting=[one.what for one in group])
            for one, outcome in zip(group, await self._connection.visit(write), strict=True):
                _tell(one, outcome)
        finally:
            self._abandon(group)

    def _abandon(self, waiting: Iterable[_Waiting]) -> None:
        """Let nobody wait for ever, should the writer itself fail or be cancelled."""
        stopped = StoreUnavailable(f"{self._files.path}: the writer has stopped; start again")
        for one in waiting:
            if not one.done.done():
                one.done.set_exception(stopped)


def _tell(one: _Waiting, outcome: Any) -> None:
    if one.done.done():
        return  # whoever waited has gone away
    if isinstance(outcome, Failed):
        one.done.set_exception(outcome.error)
    else:
        one.done.set_result(outcome)
