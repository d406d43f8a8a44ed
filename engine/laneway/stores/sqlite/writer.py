"""The one writer: takes what waits, writes it in one transaction, and tells each how it went.

While one group is on its way to the disk the next gathers, so the more that waits, the less a
commit costs. Whoever waits may go away: what was handed over is written, or refused, all the same.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import aiosqlite

from laneway.ports.store import Commit, Lease, StaleLease, StoreError, StoreUnavailable

from . import queries
from .answers import translate
from .batch import CHANGE, Batch, Prepared, assemble, prepare
from .files import Files
from .refusals import why_refused

GROUP_LIMIT = 512
"""Commits in one transaction at most: more would only make the first of them wait longer."""

_T = TypeVar("_T")
Errand = Callable[[aiosqlite.Connection], Awaitable[_T]]
"""Something small to write, inside a transaction of its own."""


class _Moved(Exception):
    """An operation is not where a commit expected it."""


# What one commit can bring about; everything else that SQLite raises concerns all of them.
_MEMBERS_FAULT = (
    _Moved,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
)


@dataclass(slots=True)
class _Member:
    """A commit that waits."""

    prepared: Prepared
    epoch: int
    done: asyncio.Future[Any]


@dataclass(slots=True)
class _Sent:
    """An errand that waits."""

    errand: Errand[Any]
    done: asyncio.Future[Any]


class Writer:
    """Owns the writing connection, from its first use to `close`."""

    def __init__(self, connection: aiosqlite.Connection, files: Files) -> None:
        self._connection = connection
        self._files = files
        self._waiting: deque[_Member | _Sent] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="laneway-store-writer")

    async def commit(self, commit: Commit, lease: Lease) -> int:
        """Write a commit with whatever else waits; the position of its last event."""
        position: int = await self._handed_over(_Member(prepare(commit), lease.epoch, _future()))
        return position

    async def perform(self, errand: Errand[_T]) -> _T:
        """Run an errand, after what waits already; gives what it gives, once that is on disk."""
        result: _T = await self._handed_over(_Sent(errand, _future()))
        return result

    async def close(self) -> None:
        """Write what waits, take nothing more, and close the connection."""
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._task])
        await self._connection.close()
        if not self._task.cancelled():
            self._task.result()  # a writer that failed is a defect: let it be seen

    async def _handed_over(self, waiting: _Member | _Sent) -> Any:
        if self._closing or self._task.done():
            raise StoreUnavailable(f"{self._files.path} is closed; nothing was written")
        self._waiting.append(waiting)
        self._wake.set()
        return await asyncio.shield(waiting.done)

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
        first = self._waiting.popleft()
        if isinstance(first, _Sent):
            await self._send(first)
            return
        group = [first]
        while self._waiting and len(group) < GROUP_LIMIT:
            following = self._waiting[0]
            if isinstance(following, _Sent):
                break
            group.append(following)
            self._waiting.popleft()
        try:
            await self._write(group)
        finally:
            self._abandon(group)

    async def _send(self, sent: _Sent) -> None:
        try:
            async with self._transaction():
                result = await sent.errand(self._connection)
        except (StoreError, ValueError, OverflowError) as error:
            sent.done.set_exception(error)
        except sqlite3.Error as error:
            translated = translate(error, self._files.path)
            translated.__cause__ = error
            sent.done.set_exception(translated)
        else:
            sent.done.set_result(result)
        finally:
            self._abandon([sent])

    async def _write(self, group: list[_Member]) -> None:
        try:
            await self._write_together(group)
        except _MEMBERS_FAULT as error:
            await self._find_the_guilty(group, error)
        except StoreUnavailable as error:
            _refuse_all(group, error)
        except sqlite3.Error as error:
            translated = translate(error, self._files.path)
            translated.__cause__ = error
            _refuse_all(group, translated)

    async def _write_together(self, group: list[_Member]) -> None:
        async with self._transaction():
            epoch, position = await self._state()
            current = [member for member in group if member.epoch == epoch]
            batch = assemble((member.prepared for member in current), position)
            await self._apply(batch)
        for member, last in zip(current, batch.positions, strict=True):
            member.done.set_result(last)
        stale = "another engine has claimed the store since; nothing was written"
        _refuse_all((one for one in group if one.epoch != epoch), StaleLease(stale))

    async def _find_the_guilty(self, group: list[_Member], error: Exception) -> None:
        if len(group) > 1:
            for member in group:
                await self._write([member])
            return
        try:
            reason = await why_refused(self._connection, group[0].prepared.commit, error)
        except sqlite3.Error as unreadable:
            reason = translate(unreadable, self._files.path)
        reason.__cause__ = error
        group[0].done.set_exception(reason)

    async def _state(self) -> tuple[int, int]:
        (row,) = await self._connection.execute_fetchall(queries.WRITE_STATE)
        return row[0], row[1]

    async def _apply(self, batch: Batch) -> None:
        for statement, values in batch.statements:
            cursor = await self._connection.executemany(statement, values)
            if statement is CHANGE and cursor.rowcount != len(values):
                raise _Moved

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        self._files.confirm()
        await self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            await self._connection.execute("COMMIT")
        except BaseException:
            # Does nothing where SQLite has rolled back by itself; the first error is the news.
            with suppress(sqlite3.Error):
                await self._connection.rollback()
            raise

    def _abandon(self, waiting: Iterable[_Member | _Sent]) -> None:
        """Let nobody wait for ever, should the writer itself fail or be cancelled."""
        stopped = StoreUnavailable(f"{self._files.path}: the writer has stopped; start again")
        for one in waiting:
            if not one.done.done():
                one.done.set_exception(stopped)


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


def _refuse_all(group: Iterable[_Member], error: StoreUnavailable | StaleLease) -> None:
    """Tell each, with an error of its own: one that is raised twice gathers two tracebacks."""
    for member in group:
        own = type(error)(*error.args)
        own.__cause__ = error.__cause__
        member.done.set_exception(own)
