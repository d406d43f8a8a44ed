"""A real engine over a real SQLite file, with a clock and actions that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.events import Actor, Failure, OperationAccepted, Ruling, event_type
from laneway.core.model import ActionSpec, Lane, Plan, Safety
from laneway.core.run import Status
from laneway.ports.driver import ActionResult
from laneway.runtime.engine import Engine
from laneway.runtime.operations import Committed, Operation
from laneway.runtime.submissions import Submission, Submitted
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.actions import ScriptedActions
from laneway.testing.clock import ManualClock

ANN = Actor("caller", "ann")
BOB = Actor("caller", "bob")
LANE = Lane("odoo", "cm", "testing")
PROD = Lane("odoo", "cm", "prod")
PASS = ActionResult(outcome="pass")

SPECS = {
    spec.action_id: spec
    for spec in (
        ActionSpec("x.prove", Safety.READ, outcomes=("pass", "fail", "refused")),
        ActionSpec("x.write", Safety.SAFE_WRITE, idempotent=True),
        ActionSpec("x.change", Safety.MUTATION),
        ActionSpec("x.destroy", Safety.DESTRUCTIVE, recoverable=True, supports_dry_run=True),
        ActionSpec("x.check", Safety.READ),
    )
}

PLAN: dict[str, Any] = {
    "plan": "rebuild",
    "version": 1,
    "lane": {"mode": "exclusive", "when_busy": "reject", "queue_limit": 2, "repeat": "explicit"},
    "deadline": "2h",
    "start": "prove",
    "phases": {
        "prove": {
            "action": "x.prove",
            "timeout": "1m",
            "retry": {"attempts": 2, "delay": "2s", "jitter": "none", "on": ["unavailable"]},
            "on": {
                "pass": [{"to": "approval", "when": "lane.instance == 'prod'"}, {"to": "destroy"}],
                "fail": "fail",
                "refused": "refused",
            },
        },
        "approval": {
            "approval": {"role": "release-manager", "quorum": 1, "expires": "1h"},
            "on": {"approved": "destroy", "rejected": "refused", "expired": "refused"},
        },
        "destroy": {
            "action": "x.destroy",
            "requires": {"prove": {"max_age": "15m"}},
            "timeout": "45m",
            "on": {"pass": "verify", "fail": "fail"},
        },
        "verify": {
            "parallel": {"one": {"action": "x.check"}, "two": {"action": "x.check"}},
            "join": "all",
            "on": {"pass": "pass", "fail": "fail"},
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "refused": {"end": "refused"},
    },
}


_NEWS: WeakKeyDictionary[Engine, asyncio.Event] = WeakKeyDictionary()


class Offered:
    """A plan as a catalog offers it."""

    def __init__(self, compiled: CompiledPlan, actions: dict[str, ActionSpec]) -> None:
        self.compiled = compiled
        self.actions = actions

    def check_request(self, request: dict[str, Any]) -> list[tuple[str, str]]:
        return [("/wrong", "is wrong")] if "wrong" in request else []


class Catalog:
    """Plans by name, each from its document."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self._plans = {d["plan"]: Offered(compile_plan(d, SPECS), SPECS) for d in documents}

    def offered(self, name: str) -> Offered | None:
        return self._plans.get(name)


class Known:
    """Target records of every lane, except those that were taken away."""

    def __init__(self) -> None:
        self.gone: set[Lane] = set()

    def target(self, lane: Lane) -> dict[str, Any] | None:
        return None if lane in self.gone else {"instance": lane.instance}


class Policy:
    """What a policy says: whatever the test last made it say.

    Attributes:
        asked: each operation's first event that it was asked about, with the plan's name.
    """

    def __init__(self) -> None:
        self.says: Ruling | None = None
        self.asked: list[tuple[str, OperationAccepted]] = []

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        self.asked.append((plan.name, asked))
        return self.says


class Numbered:
    """Operation ids that count up."""

    def __init__(self) -> None:
        self._count = count(1)

    def operation_id(self) -> str:
        return f"op_{next(self._count):026d}"


class World:
    """What outlives an engine: the database file, the clock, the actions, the target records."""

    def __init__(self, path: Path, *documents: dict[str, Any]) -> None:
        self.path = path
        self.clock = ManualClock()
        self.ids = Numbered()
        self.actions = ScriptedActions(SPECS)
        self.targets = Known()
        self.policy = Policy()
        self.catalog = Catalog(*(documents or (PLAN,)))
        self.committed: list[Committed] = []
        self._news = asyncio.Event()
        self._keys = count(1)

    @asynccontextmanager
    async def engine(self, **options: Any) -> AsyncIterator[Engine]:
        """An engine on the world's database. Leaving it is a crash: nothing is drained."""
        store = await SqliteStore.open(self.path)
        engine = Engine(
            store=store,
            actions=self.actions,
            plans=self.catalog,
            targets=self.targets,
            clock=self.clock,
            ids=self.ids,
            authority=self.policy,
            announce=self._announce,
            **options,
        )
        _NEWS[engine] = self._news = asyncio.Event()
        try:
            await engine.start("test")
            yield engine
        finally:
            await engine.stop()
            await store.close()

    def _announce(self, committed: Committed) -> None:
        self.committed.append(committed)
        self._news.set()

    async def submit(self, engine: Engine, lane: Lane = LANE, **asked: Any) -> Submitted:
        """Submit the first plan, with a new key unless one is given."""
        key = asked.pop("key", f"key-{next(self._keys)}")
        actor = asked.pop("actor", ANN)
        plan = asked.pop("plan", "rebuild")
        return await engine.submit(Submission(plan=plan, lane=lane, **asked), actor, "ann", key)

    async def run_through(self, engine: Engine, lane: Lane = LANE, **asked: Any) -> str:
        """Submit, answer every action with pass, and return the id when it is over."""
        self.actions.answer_all(lambda _: PASS)
        submitted = await self.submit(engine, lane, **asked)
        await ended(engine, submitted.operation.run.id)
        for action in self.actions.by_id.values():
            action.automatic = None
        return submitted.operation.run.id


async def ended(engine: Engine, operation_id: str) -> Operation:
    """The operation, once it has ended."""
    return await until(engine, operation_id, lambda operation: operation.run.terminal)


async def in_status(engine: Engine, operation_id: str, status: Status) -> Operation:
    """The operation, once it has that status."""
    return await until(engine, operation_id, lambda operation: operation.run.status is status)


async def until(engine: Engine, operation_id: str, holds: Callable[[Operation], bool]) -> Operation:
    """The operation, once something holds of it; looked at after each commit."""
    news = _NEWS[engine]
    while True:
        news.clear()
        operation = await engine.operation(operation_id)
        if holds(operation):
            return operation
        await news.wait()


def failure(operation: Operation) -> Failure:
    """Why the operation failed."""
    assert operation.run.failure is not None
    return operation.run.failure


async def types(engine: Engine, operation_id: str) -> list[str]:
    """The types of an operation's events, in order."""
    return [event_type(item.event) for item in await engine.store.events(operation_id)]
