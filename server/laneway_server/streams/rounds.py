"""Rounds: very many are told something, a few at a time, so that nobody else waits for all of them.

Ten thousand readers are sent an event in a tenth of a second. Were that done in one go, every
request and every commit would wait that long.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Protocol

import structlog

AT_ONCE = 128
"""How many in one turn of the event loop: about a millisecond."""

_log = structlog.get_logger("laneway.streams")


class Told(Protocol):
    """Somebody who is told that something may be new.

    Attributes:
        due: they are about to be told.
    """

    due: bool

    def told(self) -> bool:
        """Something may be new; returns whether it was taken at once."""
        ...


class Rounds:
    """Takes turns with everything else that the event loop does."""

    def __init__(self) -> None:
        self._waiting: deque[list[Told]] = deque()
        self._scheduled = False

    def begin(self, everybody: Iterable[Told]) -> None:
        """Tell everybody, from the next turn of the event loop on."""
        due = [each for each in everybody if not each.due]
        if not due:
            return  # they are told of this too when their turn comes
        for each in due:
            each.due = True
        self._waiting.append(due)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        left = AT_ONCE
        while left > 0 and self._waiting:
            due = self._waiting.popleft()
            if len(due) > left:
                self._waiting.append(due[left:])  # behind the others: it holds up nobody
                del due[left:]
            left -= len(due)
            _tell(due)
        self._scheduled = bool(self._waiting)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._turn)


def at_once(everybody: Iterable[Told]) -> None:
    """Tell everybody now."""
    for each in tuple(everybody):
        each.told()


def _tell(due: Iterable[Told]) -> None:
    for each in due:
        each.due = False
        try:
            each.told()
        except Exception:  # noqa: BLE001 - whatever is wrong with one, the others are told
            _log.exception("not_told")
