"""How often somebody may do something: a rate for each caller, and for each address.

A rate is a number at once, and then one more as time passes (the generic cell rate algorithm: all
that is remembered of somebody is until when they are busy). What is remembered is bounded: whoever
was not heard of for longest is forgotten first.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import hdrs

from laneway.core.instants import Instant, elapsed
from laneway.ports.environment import Clock
from laneway_server.problems import Problem

from .addresses import network_of
from .identity import Caller

KEYS = 10_000
"""Callers, or addresses, that are remembered at once."""

MINUTE = 60_000
"""In milliseconds."""

_EPOCH = Instant("2000-01-01T00:00:00.000Z")


class Rate:
    """So many at once, and then as many in each window, for each of many keys.

    Args:
        clock: the time. Where it is set back, nobody waits longer than a window for it.
        burst: how many at once.
        window: milliseconds in which a burst is made good again, one after the other.
        keys: how many are remembered.
    """

    def __init__(self, clock: Clock, *, burst: int, window: float, keys: int = KEYS) -> None:
        self._clock = clock
        # Whole microseconds: what is added up for months must not lose its small change.
        self._interval = max(1, int(window * 1_000 / burst))
        self._window = burst * self._interval
        self._keys = keys
        self._busy_until: OrderedDict[str, int] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many keys are remembered now."""
        return len(self._busy_until)

    def wait(self, key: str) -> int:
        """Milliseconds until one more is taken; 0 where that is now."""
        if key not in self._busy_until:
            return 0  # as nearly always: no need to look at the clock
        surplus = self._busy(key) + self._interval - self._window
        return max(0, math.ceil(surplus / 1_000))

    def take(self, key: str) -> int:
        """Take one where that is possible; returns what `wait` said before."""
        wait = self.wait(key)
        if not wait:
            self._busy_until[key] = self._now() + self._busy(key) + self._interval
            self._busy_until.move_to_end(key)
            if len(self._busy_until) > self._keys:
                self._busy_until.popitem(last=False)
        return wait

    def admit(self, key: str, told: str) -> None:
        """Take one.

        Args:
            told: what to say where it is one too many.

        Raises:
            Problem: ``rate_limited``: it is.
        """
        wait = self.take(key)
        if wait:
            raise _too_often(told, wait)

    def _now(self) -> int:
        return elapsed(_EPOCH, self._clock.now()) * 1_000

    def _busy(self, key: str) -> int:
        """For how long somebody is busy, in microseconds."""
        return min(max(self._busy_until.get(key, 0) - self._now(), 0), self._window)


class Submissions:
    """How often a caller may submit, and retry.

    Args:
        clock: the time.
        per_minute: as a steady rate; None: as often as they like.
        burst: how many at once.
    """

    def __init__(self, clock: Clock, per_minute: int | None, burst: int) -> None:
        self._rate: Rate | None = None
        if per_minute is not None:
            self._rate = Rate(clock, burst=burst, window=burst * MINUTE / per_minute)

    def admit(self, caller: Caller) -> None:
        """Count a submission.

        Raises:
            Problem: ``rate_limited``: it is one too many now.
        """
        if self._rate is not None:
            told = "you submit more often than the server lets one caller"
            self._rate.admit(caller.key_scope, told)


class Refusals:
    """How often a caller may be refused: each refusal is an entry of the audit log for ever.

    What a rule of the policy lets somebody do they may do as often as they like.

    Args:
        clock: the time.
        per_minute: as a steady rate; None: as often as they like.
        burst: how many at once.
    """

    def __init__(self, clock: Clock, per_minute: int | None, burst: int) -> None:
        self._rate: Rate | None = None
        if per_minute is not None:
            self._rate = Rate(clock, burst=burst, window=burst * MINUTE / per_minute)

    def check(self, caller: Caller) -> None:
        """See that a caller may still try; then even what would be allowed is refused.

        Raises:
            Problem: ``rate_limited``: they were refused too often.
        """
        wait = 0 if self._rate is None else self._rate.wait(caller.key_scope)
        if wait:
            raise _too_often("you were refused more often than the server writes down", wait)

    def count(self, key_scope: str) -> None:
        """Count a refusal."""
        if self._rate is not None:
            self._rate.take(key_scope)


class Failures:
    """Proofs of identity that failed, for each address; an IPv6 network of /64 is one address.

    Args:
        clock: the time.
        most: how many at once, and in each window.
        window: in milliseconds.

    Attributes:
        total: how many were counted since the server started.
    """

    def __init__(self, clock: Clock, most: int, window: int) -> None:
        self._rate = Rate(clock, burst=most, window=window)
        self.total = 0

    def check(self, address: str) -> None:
        """See that an address may still try; then even what would succeed is refused.

        Raises:
            Problem: ``rate_limited``: too many proofs from there have failed.
        """
        wait = self._rate.wait(network_of(address))
        if wait:
            raise _too_often("too many credentials from your address were refused", wait)

    def count(self, address: str) -> None:
        """Count a failure."""
        self.total += 1
        self._rate.take(network_of(address))

    @contextmanager
    def watching(self, address: str) -> Iterator[None]:
        """Check an address, and count where the block ends without knowing who calls.

        Raises:
            Problem: see `check`.
        """
        self.check(address)
        try:
            yield
        except Problem as problem:
            if problem.kind.status == 401 or problem.kind.code == "sign_in_failed":
                self.count(address)
            raise


def _too_often(told: str, wait: int) -> Problem:
    seconds = math.ceil(wait / 1_000)
    return Problem(
        "rate_limited", f"{told}: try again in {seconds} s", {hdrs.RETRY_AFTER: str(seconds)}
    )
