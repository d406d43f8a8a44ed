"""The faults that a test or a person can switch on in a simulator: a closed vocabulary.

Every fault is named after what the *caller* sees or what happens in the simulated world, and
`DESCRIPTIONS` says it in a sentence; the control endpoints serve that table.

A fault is added to a `FaultBoard` for a route and for a number of calls:

    board.add(Fault.ANSWER_503, route="schedule.runManually", times=2)

The route is `*` (any), a Dokploy procedure (`schedule.runManually`), an Odoo path
(`/web/health`), or, for the faults of a command, its kind (`bootstrap`, `update`, `backup`,
`restore`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

ANY_ROUTE = "*"


class Fault(StrEnum):
    """Everything that can be made to go wrong."""

    ANSWER_500 = "answer_500"
    ANSWER_502 = "answer_502"
    ANSWER_503 = "answer_503"
    ANSWER_504 = "answer_504"
    ANSWER_524 = "answer_524"
    ANSWER_502_WHILE_RUNNING = "answer_502_while_running"
    ANSWER_504_WHILE_RUNNING = "answer_504_while_running"
    ANSWER_524_WHILE_RUNNING = "answer_524_while_running"
    DROP_CONNECTION = "drop_connection"
    DROP_WHILE_RUNNING = "drop_while_running"
    HANG = "hang"
    HANG_WHILE_RUNNING = "hang_while_running"
    RATE_LIMITED = "rate_limited"
    SLOW = "slow"
    COMMAND_FAILS = "command_fails"
    COMMAND_WAITS = "command_waits"
    BROKEN_ARTIFACT = "broken_artifact"
    ROW_STAYS_RUNNING = "row_stays_running"
    COMMAND_LOST = "command_lost"
    ROWS_PRUNED = "rows_pruned"
    SUPERSEDED = "superseded"
    WRONG_LIVE_NAME = "wrong_live_name"
    MISSING_DOMAIN = "missing_domain"
    HEALTH_DOWN = "health_down"
    POSTGRES_DOWN = "postgres_down"
    STALE_CANONICAL = "stale_canonical"
    STOCK_LOGO = "stock_logo"
    PLACEHOLDER_LOGO = "placeholder_logo"
    IDENTITY_MISMATCH = "identity_mismatch"
    IDENTITY_MISSING = "identity_missing"
    IDENTITY_MALFORMED = "identity_malformed"


DESCRIPTIONS: dict[Fault, str] = {
    Fault.ANSWER_500: "Answer 500 at once; nothing is done.",
    Fault.ANSWER_502: "A proxy answers 502 at once; nothing is done.",
    Fault.ANSWER_503: "A proxy answers 503 at once; nothing is done.",
    Fault.ANSWER_504: "A proxy answers 504 at once; nothing is done.",
    Fault.ANSWER_524: "A proxy answers 524 at once; nothing is done.",
    Fault.ANSWER_502_WHILE_RUNNING: "The call is carried out, and a proxy answers 502 meanwhile.",
    Fault.ANSWER_504_WHILE_RUNNING: "The call is carried out, and a proxy answers 504 meanwhile.",
    Fault.ANSWER_524_WHILE_RUNNING: "The call is carried out, and a proxy answers 524 meanwhile.",
    Fault.DROP_CONNECTION: "The connection is closed without an answer; nothing is done.",
    Fault.DROP_WHILE_RUNNING: "The call is carried out, and the connection is closed meanwhile.",
    Fault.HANG: "No answer until the fault is cleared; nothing is done.",
    Fault.HANG_WHILE_RUNNING: "The call is carried out, and no answer comes until it is cleared.",
    Fault.RATE_LIMITED: "Dokploy answers 401 Unauthorized, as it does past a key's rate limit.",
    Fault.SLOW: "The answer is right and takes `slow_seconds` longer.",
    Fault.COMMAND_FAILS: "The schedule's command exits with 1 and leaves its work half done.",
    Fault.COMMAND_WAITS: "The schedule's command stays in mid-run until the fault is cleared.",
    Fault.BROKEN_ARTIFACT: "What the next deployment deploys answers 500 on every route; another "
    "artifact in its place does not.",
    Fault.ROW_STAYS_RUNNING: "The panel restarts in mid-run: the connection drops, the command "
    "ends in the world, and its row stays `running` for good.",
    Fault.COMMAND_LOST: "The panel restarts in mid-run and takes the command with it: the "
    "connection drops, nothing more happens, and the row stays `running` for good.",
    Fault.ROWS_PRUNED: "Later runs by others push the run's row out of the deployment list "
    "once it has ended.",
    Fault.SUPERSEDED: "Somebody else runs the same schedule at once; from 0.30.0 the first row "
    "becomes `error`, Superseded, while its command goes on.",
    Fault.WRONG_LIVE_NAME: "compose.one answers with another live name.",
    Fault.MISSING_DOMAIN: "The compose lacks the last of its domains.",
    Fault.HEALTH_DOWN: "The health routes answer 502 from the proxy.",
    Fault.POSTGRES_DOWN: "PostgreSQL is down behind Odoo.",
    Fault.STALE_CANONICAL: "The login page advertises a preview's address and its marker.",
    Fault.STOCK_LOGO: "Logo routes answer with the stock Odoo logo (2901 bytes).",
    Fault.PLACEHOLDER_LOGO: "The company image answers with the placeholder (6078 bytes).",
    Fault.IDENTITY_MISMATCH: "The runtime identity is another instance's.",
    Fault.IDENTITY_MISSING: "The health page carries no runtime identity.",
    Fault.IDENTITY_MALFORMED: "The runtime identity is not an object.",
}

AT_ONCE_STATUS: dict[Fault, int] = {
    Fault.ANSWER_500: 500,
    Fault.ANSWER_502: 502,
    Fault.ANSWER_503: 503,
    Fault.ANSWER_504: 504,
    Fault.ANSWER_524: 524,
}
"""Faults that answer this status and do nothing."""

LATE_STATUS: dict[Fault, int] = {
    Fault.ANSWER_502_WHILE_RUNNING: 502,
    Fault.ANSWER_504_WHILE_RUNNING: 504,
    Fault.ANSWER_524_WHILE_RUNNING: 524,
}
"""Faults that answer this status although the call is carried out."""

BEFORE_FAULTS = frozenset(AT_ONCE_STATUS) | {Fault.DROP_CONNECTION, Fault.HANG, Fault.RATE_LIMITED}
"""Faults of the way to the server: the call is not carried out."""

AFTER_FAULTS = frozenset(LATE_STATUS) | {Fault.DROP_WHILE_RUNNING, Fault.HANG_WHILE_RUNNING}
"""Faults of the way back: the call is carried out, its caller does not learn of it."""


class FaultRule:
    """One fault that is switched on.

    `remaining` counts the calls it still applies to; None means until it is cleared. `hits` counts
    the calls it has applied to, and `struck` is set by the first. `cleared` is set when the rule is
    taken off the board, which is what lets go of a call that hangs and of a command that waits.
    """

    def __init__(self, number: int, fault: Fault, route: str, times: int | None) -> None:
        self.number = number
        self.fault = fault
        self.route = route
        self.remaining = times
        self.hits = 0
        self.struck = asyncio.Event()
        self.cleared = asyncio.Event()

    @property
    def spent(self) -> bool:
        """True when the rule applies to no further call."""
        return self.remaining == 0

    def matches(self, routes: Iterable[str]) -> bool:
        """True when the rule still applies, to one of these routes."""
        return not self.spent and (self.route == ANY_ROUTE or self.route in routes)

    def hit(self) -> None:
        """Count one call that the rule applies to."""
        self.hits += 1
        self.struck.set()
        if self.remaining is not None:
            self.remaining -= 1

    def describe(self) -> dict[str, object]:
        """The rule as the control endpoints show it."""
        return {
            "number": self.number,
            "fault": self.fault.value,
            "route": self.route,
            "remaining": self.remaining,
            "hits": self.hits,
        }


class FaultRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /_simulator/faults`; `times` left out means until cleared."""

    fault: Fault
    route: str = ANY_ROUTE
    times: int | None = None


class FaultBoard:
    """The faults switched on in one simulator, in the order in which they were added."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._added = 0

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """Every rule that was not cleared, spent ones included."""
        return tuple(self._rules)

    def add(self, fault: Fault, *, route: str = ANY_ROUTE, times: int | None = None) -> FaultRule:
        """Switch a fault on for the next `times` calls, or until it is cleared.

        Raises:
            ValueError: `times` is not a positive number.
        """
        if times is not None and times < 1:
            raise ValueError(f"a fault applies to at least one call, not to {times}")
        self._added += 1
        rule = FaultRule(self._added, fault, route, times)
        self._rules.append(rule)
        return rule

    def take(self, faults: Iterable[Fault], *routes: str) -> FaultRule | None:
        """The first rule for one of these faults and routes, counted as a hit; None if none is."""
        wanted = frozenset(faults)
        return self._take(lambda rule: rule.fault in wanted and rule.matches(routes))

    def applies(self, fault: Fault, *routes: str) -> bool:
        """True, and counted as a hit, when this fault is on for one of these routes."""
        return self.take((fault,), *routes) is not None

    def clear(self, fault: Fault | None = None) -> None:
        """Take a fault, or all of them, off the board and let go of what they hold."""
        gone = [rule for rule in self._rules if fault is None or rule.fault is fault]
        self._rules = [rule for rule in self._rules if rule not in gone]
        for rule in gone:
            rule.cleared.set()

    def _take(self, wanted: Callable[[FaultRule], bool]) -> FaultRule | None:
        rule = next((rule for rule in self._rules if wanted(rule)), None)
        if rule is not None:
            rule.hit()
        return rule
