"""The conformance suite of drivers: what the engine trusts a driver to do, as tests.

Subclass `DriverConformance` in a test module, as ``Test…``, and give it a fixture ``rig``: a `Rig`
around a started driver whose provider is simulated, a fresh one for each test::

    class TestExampleDriver(DriverConformance):
        @pytest.fixture
        async def rig(self) -> AsyncIterator[Rig]: ...

The suite runs every action, once as the rig prepares it and once dry where that is supported, stops
it at several points, recovers it, and looks at what it says and does. What your provider does when
it misbehaves is yours to test.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec
from jsonschema import Draft202012Validator

from laneway.core.model import ActionSpec, Safety
from laneway.ports.descriptors import descriptor_mistakes
from laneway.ports.driver import Action, ActionFailed, ActionResult, Driver, OutcomeUnknown
from laneway.testing.action_context import FakeContext

Said = ActionResult | ActionFailed | OutcomeUnknown
Call = Callable[[FakeContext], Awaitable[ActionResult]]

_STEPS = 8  # at so many points a run is stopped
_SERVERS = ("aiohttp", "aiohappyeyeballs", "asyncio", "laneway.testing", "pytest")
"""Modules whose tasks are not a driver's: the provider's, and those of connections that close."""


class Rig(Protocol):
    """A driver and its simulated provider.

    Attributes:
        driver: started.
        secrets: values that may show up nowhere.
    """

    driver: Driver
    secrets: Sequence[str]

    def context(self, spec: ActionSpec) -> FakeContext:
        """The context of a new attempt with which the action passes; called before it runs."""
        ...

    def mutations(self) -> int:
        """How many requests that may change something the provider has received so far."""
        ...


class DriverConformance:
    """Every promise of ``laneway.ports.driver``."""

    def test_the_descriptor_names_what_is_offered(self, rig: Rig) -> None:
        """The actions' specs are the descriptor's, each once, named after the driver."""
        descriptor = rig.driver.descriptor
        offered = {action.spec.action_id: action.spec for action in rig.driver.actions()}
        assert offered == {spec.action_id: spec for spec in descriptor.actions}
        assert len(descriptor.actions) == len(offered) == len(rig.driver.actions())
        for action_id in offered:
            assert action_id.startswith(f"{descriptor.driver_id}.")
        assert descriptor_mistakes(descriptor) == []

    def test_every_spec_is_sound(self, rig: Rig) -> None:
        """Outcomes, schemas and flags make sense together."""
        for spec in rig.driver.descriptor.actions:
            assert {"pass", "fail"} <= set(spec.outcomes), spec.action_id
            assert len(set(spec.outcomes)) == len(spec.outcomes), spec.action_id
            Draft202012Validator.check_schema(spec.parameters)
            Draft202012Validator.check_schema(spec.evidence)
            writes = spec.safety is not Safety.READ
            assert writes or not (spec.recoverable or spec.supports_dry_run), spec.action_id
            assert spec.label, f"{spec.action_id} has no label for people"

    async def test_every_action_keeps_to_its_spec(self, rig: Rig) -> None:
        """Outcomes and evidence are as declared, and a read changes nothing."""
        for action in rig.driver.actions():
            before = rig.mutations()
            said, _ = await _said(rig, action, action.run)
            assert isinstance(said, ActionResult), f"{action.spec.action_id}: {said}"
            _check_result(action.spec, said)
            if action.spec.safety is Safety.READ:
                assert rig.mutations() == before, action.spec.action_id

    async def test_a_dry_run_changes_nothing(self, rig: Rig) -> None:
        """It reports by reading."""
        for action in _those(rig, lambda spec: spec.supports_dry_run):
            before = rig.mutations()
            said, _ = await _said(rig, action, action.dry_run)
            assert isinstance(said, ActionResult), f"{action.spec.action_id}: {said}"
            _check_result(action.spec, said)
            assert rig.mutations() == before, action.spec.action_id

    async def test_recovering_changes_nothing(self, rig: Rig) -> None:
        """Wherever an attempt was lost, asking about it only reads."""
        for action in _those(rig, lambda spec: spec.recoverable):
            for steps in range(_STEPS):
                context = rig.context(action.spec)
                await _stopped(action, context, steps)
                before = rig.mutations()
                said = await _told(action.recover, context)
                assert rig.mutations() == before, f"{action.spec.action_id} after {steps} steps"
                if isinstance(said, ActionResult):
                    _check_result(action.spec, said)

    async def test_a_write_is_not_made_twice_by_recovering(self, rig: Rig) -> None:
        """An attempt that went through is recovered as what it was."""
        for action in _those(rig, lambda spec: spec.recoverable):
            context = rig.context(action.spec)
            said = await _told(action.run, context)
            assert isinstance(said, ActionResult), f"{action.spec.action_id}: {said}"
            before = rig.mutations()
            again = await _told(action.recover, context)
            assert isinstance(again, ActionResult), f"{action.spec.action_id}: {again}"
            assert again.outcome == said.outcome
            assert rig.mutations() == before

    async def test_every_action_can_be_stopped(self, rig: Rig) -> None:
        """Cancelling ends an attempt at once, wherever it is, and leaves no task behind."""
        for action in rig.driver.actions():
            for steps in range(_STEPS):
                running = asyncio.all_tasks()
                await _stopped(action, rig.context(action.spec), steps)
                left = {task for task in asyncio.all_tasks() - running if _of_a_driver(task)}
                assert not left, f"{action.spec.action_id} after {steps} steps: {left}"

    async def test_no_secret_is_told(self, rig: Rig) -> None:
        """Results, failures, artifacts, progress and checkpoints hold no secret."""
        assert rig.secrets, "the rig plants at least one secret"
        for action in rig.driver.actions():
            calls: list[Call] = [action.run]
            if action.spec.supports_dry_run:
                calls.append(action.dry_run)
            for call in calls:
                said, context = await _said(rig, action, call)
                _check_secrets(rig, said, context)


def _those(rig: Rig, wanted: Callable[[ActionSpec], bool]) -> list[Action]:
    return [action for action in rig.driver.actions() if wanted(action.spec)]


async def _said(rig: Rig, action: Action, call: Call) -> tuple[Said, FakeContext]:
    context = rig.context(action.spec)
    return await _told(call, context), context


async def _told(call: Call, context: FakeContext) -> Said:
    try:
        return await call(context)
    except (ActionFailed, OutcomeUnknown) as raised:
        return raised


async def _stopped(action: Action, context: FakeContext, steps: int) -> None:
    """Cancel a run when it has said something, or slept, so many times."""
    reached = asyncio.Event()
    stopping = _StoppingContext(context, steps, reached)
    run = asyncio.create_task(_told(action.run, stopping))
    waiter = asyncio.create_task(reached.wait())
    await asyncio.wait({run, waiter}, return_when=asyncio.FIRST_COMPLETED)
    run.cancel()
    waiter.cancel()
    await asyncio.gather(run, waiter, return_exceptions=True)
    context.checkpoint = stopping.checkpoint


class _StoppingContext(FakeContext):
    """A context that stands still at its n-th step, for the test to cancel the action there."""

    def __init__(self, given: FakeContext, steps: int, reached: asyncio.Event) -> None:
        super().__init__(
            given.lane,
            given.target,
            parameters=given.parameters,
            token=given.token,
            phase=given.phase,
            evidence=given.evidence,
            checkpoint=given.checkpoint,
        )
        self._given = given
        self._left = steps
        self._reached = reached

    def secret(self, reference: str) -> str:
        return self._given.secret(reference)

    async def sleep(self, milliseconds: int) -> None:
        await self._step()
        await super().sleep(milliseconds)

    async def progress(self, message: str, data: dict[str, Any] | None = None) -> None:
        await super().progress(message, data)
        await self._step()

    async def _step(self) -> None:
        if self._left == 0:
            self._reached.set()
            await asyncio.Event().wait()
        self._left -= 1


def _of_a_driver(task: "asyncio.Task[Any]") -> bool:
    """Whether a task is the driver's own; servers that answer it have theirs."""
    coroutine = task.get_coro()
    module = getattr(getattr(coroutine, "cr_frame", None), "f_globals", {}).get("__name__", "")
    return not module.startswith(_SERVERS)


def _check_result(spec: ActionSpec, result: ActionResult) -> None:
    assert result.outcome in spec.outcomes, f"{spec.action_id}: {result.outcome}"
    evidence = msgspec.json.decode(msgspec.json.encode(result.evidence))
    assert evidence == result.evidence, f"{spec.action_id}: the evidence is not plain JSON"
    Draft202012Validator(spec.evidence).validate(evidence)
    if result.outcome == "pass":
        assert result.failure is None, spec.action_id
    else:
        assert result.failure is not None, f"{spec.action_id}: a {result.outcome} says why"
        assert result.failure.code


def _check_secrets(rig: Rig, said: Said, context: FakeContext) -> None:
    told: list[Any] = [context.said()]
    if isinstance(said, ActionResult):
        told += [said.evidence, said.proof, said.failure]
        told += [artifact.content.decode(errors="replace") for artifact in said.artifacts]
    else:
        told += [said.failure, str(said)]
    text = msgspec.json.encode(told).decode()
    for secret in [*rig.secrets, *context.secrets_read]:
        assert secret not in text, "a secret was told"
