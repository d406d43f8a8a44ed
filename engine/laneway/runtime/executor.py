"""The executor: performs committed action commands, and tells the operation what came of them.

It never decides. What a driver says becomes an input; what a driver does not say (it was cancelled
by a shutdown) is found again in the store after the restart.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol

import msgspec
import structlog

from laneway.core import inputs
from laneway.core.commands import RecoverAction, StartAction
from laneway.core.digests import digest
from laneway.core.events import Actor, Failure
from laneway.core.model import Safety
from laneway.ports.driver import Action, ActionFailed, ActionResult, Artifact, OutcomeUnknown
from laneway.ports.environment import Clock

from .artifacts import ArtifactKeeper, Kept
from .context import AttemptContext
from .contract import Contract, Contracts, as_json, failure_as_json, harmless
from .insist import NO_LONGER_WANTED, insist
from .operations import Operation, Operations
from .redaction import Redactor

ActionCommand = StartAction | RecoverAction
Said = inputs.AttemptFinished | inputs.AttemptUnknown | inputs.AttemptHeld

_log = structlog.get_logger("laneway.executor")


class Actions(Protocol):
    """Where actions are found."""

    def action(self, action_id: str) -> Action | None:
        """The action of that id, or None."""
        ...


class Executor:
    """Runs attempts, one task each, by operation and command key."""

    def __init__(
        self, actions: Actions, clock: Clock, operations: Operations, keeper: ArtifactKeeper
    ) -> None:
        self._actions = actions
        self._clock = clock
        self._operations = operations
        self._keeper = keeper
        self._contracts = Contracts()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self.accepting = True

    def perform(self, operation: Operation, command: ActionCommand) -> None:
        """Start a task for a committed command, unless this engine is about to stop.

        A command that is not started here stays in the store, and is found at the next start. That
        it was not begun is written down, so that nobody has to ask what became of it.
        """
        if not self.accepting:
            self._hold(operation, command)
            return
        key = (operation.run.id, command.key)
        task = asyncio.create_task(self._attempt(operation, command), name=command.token)
        self._tasks[key] = task
        task.add_done_callback(partial(self._ended, key))

    def _hold(self, operation: Operation, command: ActionCommand) -> None:
        if isinstance(command, StartAction):
            held = inputs.AttemptHeld(phase=command.phase, token=command.token)
            task = asyncio.create_task(self._write(operation.run.id, held))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _write(self, operation_id: str, said: Said) -> None:
        """Tell the operation, however long the store takes."""
        tell = self._operations.tell
        await insist(self._clock, lambda: tell(operation_id, said), attempt=said.token)

    def withdraw(self, operation_id: str, key: str) -> None:
        """Cancel the task of a command that is no longer wanted."""
        found = self._tasks.get((operation_id, key))
        if found is not None:
            self._leave((operation_id, key), found)
            found.cancel()

    def running(self) -> list["asyncio.Task[None]"]:
        """The tasks of attempts that are under way, or are writing down what came of them."""
        return [*self._tasks.values(), *self._leaving]

    async def drain(self, grace: int) -> None:
        """Start nothing more; wait up to ``grace`` ms for what runs, then cancel it."""
        self.accepting = False
        if self.running():
            over = asyncio.ensure_future(self._clock.sleep(grace))
            idle = asyncio.ensure_future(self._idle())
            await asyncio.wait({over, idle}, return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            idle.cancel()
        await self.stop()

    async def _idle(self) -> None:
        """Return when nothing runs; the tasks are only watched."""
        while self.running():
            await asyncio.wait(self.running())

    async def stop(self) -> None:
        """Cancel every task, and wait until they have ended."""
        self.accepting = False
        tasks = self.running()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, key: tuple[str, str], task: "asyncio.Task[None]") -> None:
        """The task is no longer its command's; it is still awaited when the engine stops."""
        self._forget(key, task)
        self._leaving.add(task)

    def _ended(self, key: tuple[str, str], task: "asyncio.Task[None]") -> None:
        self._forget(key, task)
        self._leaving.discard(task)

    def _forget(self, key: tuple[str, str], task: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def _attempt(self, operation: Operation, command: ActionCommand) -> None:
        redactor = Redactor()
        # What a driver tells on the way is written even if the attempt is withdrawn meanwhile.
        tell = self._operations.tell
        context = AttemptContext(operation, command, self._clock, tell, redactor)
        action = self._actions.action(command.action)
        try:
            told = await _ask(action, command, context, self._contracts)
        except NO_LONGER_WANTED:
            return  # the attempt was withdrawn while the driver was at it
        me = asyncio.current_task()
        assert me is not None, "an attempt is a task"
        # From here on the command may be withdrawn, as what the driver said is written down.
        self._leave((operation.run.id, command.key), me)
        kept = _NOTHING
        if told.artifacts:
            kept = await self._keeper.keep(operation.run.id, told.artifacts, redactor)
        said = _attributed(told, command, _actor(command.action), redactor)
        if kept != _NOTHING and isinstance(said, inputs.AttemptFinished):
            evidence = {**said.evidence, **kept.evidence}
            said = msgspec.structs.replace(said, artifacts=kept.refs, evidence=evidence)
        await self._write(operation.run.id, said)


@cache
def _actor(action: str) -> Actor:
    return Actor(kind="driver", subject=action)


_NOTHING = Kept()


@dataclass(frozen=True)
class _Said:
    """What a driver said, before it is put into an input."""

    result: ActionResult | None = None
    unknown: Failure | None = None

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What the attempt leaves behind."""
        return self.result.artifacts if self.result else ()


async def _ask(
    action: Action | None, command: ActionCommand, context: AttemptContext, contracts: Contracts
) -> _Said:
    if action is None:
        failure = Failure("driver_missing", f"no driver here has {command.action}")
        return _lost_driver(command, failure)
    contract = contracts.of(action.spec)
    try:
        return _Said(result=await _perform(action, command, context, contract))
    except ActionFailed as failed:
        evidence, failure = as_json(failed.evidence), failure_as_json(failed.failure)
        return _Said(ActionResult(outcome="fail", evidence=evidence, failure=failure))
    except OutcomeUnknown as unknown:
        return _Said(unknown=failure_as_json(unknown.failure))
    except NO_LONGER_WANTED:
        raise
    except Exception as error:  # noqa: BLE001  # a driver may raise anything; all of it is told
        _log.exception("driver_error", action=command.action, token=command.token)
        failure = Failure("internal_error", f"{type(error).__name__} in {command.action}")
        if action.spec.safety is Safety.READ:
            return _Said(ActionResult(outcome="fail", failure=failure))
        return _Said(unknown=failure)


async def _perform(
    action: Action, command: ActionCommand, context: AttemptContext, contract: Contract
) -> ActionResult:
    """Ask the driver, and hold what it is given and what it says against its contract."""
    dry_run = isinstance(command, StartAction) and command.dry_run
    if isinstance(command, StartAction):
        contract.check_parameters(command.parameters)
    result = await _method(action, command)(context)
    return contract.checked(result, harmless=harmless(action.spec, dry_run=dry_run))


def _lost_driver(command: ActionCommand, failure: Failure) -> _Said:
    if isinstance(command, RecoverAction):
        return _Said(unknown=failure)
    return _Said(ActionResult(outcome="fail", failure=failure))


def _method(
    action: Action, command: ActionCommand
) -> Callable[[AttemptContext], Awaitable[ActionResult]]:
    if isinstance(command, RecoverAction):
        return action.recover
    return action.dry_run if command.dry_run else action.run


def _attributed(said: _Said, command: ActionCommand, actor: Actor, redactor: Redactor) -> Said:
    if said.unknown is not None:
        return inputs.AttemptUnknown(
            actor, phase=command.phase, token=command.token, failure=redactor.clean(said.unknown)
        )
    result = said.result
    assert result is not None, "a driver says what came of it, or that it does not know"
    evidence: dict[str, Any] = redactor.clean(result.evidence)
    proved = result.proof if result.proof is not None else evidence
    return inputs.AttemptFinished(
        actor,
        phase=command.phase,
        token=command.token,
        outcome=result.outcome,
        evidence=evidence,
        digest=digest("laneway/proof/v1", proved) if result.outcome == "pass" else "",
        failure=redactor.clean(result.failure),
    )
