"""A group: what waits, written in one transaction, in one visit to the writing connection.

Everything here runs in that connection's thread. Each of those who wait gets an outcome of their
own: what it gave, or the error that is theirs.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any, TypeGuard, TypeVar

from laneway.ports.store import StoreError, StoreUnavailable

from . import queries
from .answers import translate
from .batch import Prepared, statement
from .files import Files
from .refusals import why_refused

_T = TypeVar("_T")
Errand = Callable[[sqlite3.Connection], _T]
"""Something small to write beside the commits."""


@dataclass(frozen=True, slots=True)
class Member:
    """A commit, and the epoch of the lease it is made under."""

    prepared: Prepared
    epoch: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of one that was not written."""

    error: Exception


class _TakenBack(Exception):
    """SQLite has taken back everything because of an errand; ``told`` is the errand's error."""

    def __init__(self, told: Exception) -> None:
        super().__init__(str(told))
        self.told = told


# What one of them can bring about; everything else that SQLite raises concerns all of them.
_MEMBERS_FAULT = (
    _TakenBack,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
)


class Group:
    """Writes what waits, in its order: commits that follow one another are one statement."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._position: int | None = None  # of the newest event, where it is known

    def write(
        self, connection: sqlite3.Connection, waiting: Sequence[Member | Errand[Any]]
    ) -> list[Any]:
        """What came of each: the last position of a commit, what an errand gave, or `Failed`."""
        known = self._position
        try:
            self._files.confirm()
            return self._together(connection, waiting)
        except _MEMBERS_FAULT as error:
            if len(waiting) > 1 or _is_outdated(connection, known):
                return [self.write(connection, [one])[0] for one in waiting]
            return [Failed(self._reason(connection, waiting[0], error))]
        except StoreUnavailable as error:
            return _failed(waiting, error)
        except sqlite3.Error as error:
            return _failed(waiting, translate(error, self._files.path), error)

    def _together(
        self, connection: sqlite3.Connection, waiting: Sequence[Member | Errand[Any]]
    ) -> list[Any]:
        runs = [[*run] for _, run in groupby(waiting, type)]
        if len(runs) == 1 and _are_members(runs[0]):
            return self._committed(connection, runs[0])  # a statement is a transaction by itself
        outcomes: list[Any] = []
        with self._transaction(connection):
            for run in runs:
                if _are_members(run):
                    outcomes += self._committed(connection, run)
                outcomes += [
                    self._performed(connection, one) for one in run if not isinstance(one, Member)
                ]
        return outcomes

    def _committed(self, connection: sqlite3.Connection, members: Sequence[Member]) -> list[int]:
        position, self._position = self._position, None
        if position is None:
            ((position,),) = connection.execute(queries.LAST_POSITION)
        after = [position, *(None for _ in members[1:])]  # SQLite knows it as the statement begins
        written = [
            (member.epoch, before, *member.prepared.values)
            for member, before in zip(members, after, strict=True)
        ]
        connection.execute(*statement(written))
        *positions, self._position = accumulate(
            (len(member.prepared.commit.events) for member in members), initial=position
        )
        return [*positions[1:], self._position]

    def _performed(self, connection: sqlite3.Connection, errand: Errand[Any]) -> Any:
        connection.execute("SAVEPOINT errand")
        try:
            outcome = errand(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise _TakenBack(self._told(error)) from error
            connection.execute("ROLLBACK TO errand")
            outcome = Failed(self._told(error))
        connection.execute("RELEASE errand")
        return outcome

    def _told(self, error: Exception) -> Exception:
        if not isinstance(error, sqlite3.Error):
            return error
        told = translate(error, self._files.path)
        told.__cause__ = error
        return told

    def _reason(
        self, connection: sqlite3.Connection, one: Member | Errand[Any], error: Exception
    ) -> Exception:
        if isinstance(error, _TakenBack):
            return error.told
        if not isinstance(one, Member):
            return self._told(error)
        try:
            reason: Exception = why_refused(connection, one.prepared.commit, one.epoch, error)
        except sqlite3.Error as unreadable:
            reason = translate(unreadable, self._files.path)
        except ValueError:  # it cannot even be asked about: half a character in a name
            reason = StoreError(f"the commit cannot be written: {error!r}")
        reason.__cause__ = error
        return reason

    @contextmanager
    def _transaction(self, connection: sqlite3.Connection) -> Iterator[None]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            self._position = None
            # Does nothing where SQLite has rolled back by itself; the first error is the news.
            with suppress(sqlite3.Error):
                connection.rollback()
            raise


def _are_members(run: list[Member | Errand[Any]]) -> TypeGuard[list[Member]]:
    return isinstance(run[0], Member)


def _is_outdated(connection: sqlite3.Connection, position: int | None) -> bool:
    """Whether another program has moved the position on that was known: nobody's fault."""
    if position is None:
        return False
    with suppress(sqlite3.Error):
        ((newest,),) = connection.execute(queries.LAST_POSITION)
        return bool(newest != position)
    return False


def _failed(
    waiting: Sequence[Member | Errand[Any]], error: StoreUnavailable, cause: Exception | None = None
) -> list[Any]:
    """Tell each, with an error of its own: one that is raised twice gathers two tracebacks."""
    told = []
    for _ in waiting:
        own = type(error)(*error.args)
        own.__cause__ = cause or error.__cause__
        told.append(Failed(own))
    return told
