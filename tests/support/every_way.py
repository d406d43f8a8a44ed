"""Every way that operations of a small plan take, found by running the core itself.

It is what `laneway.core.proofs.ways` is held against: that module thinks, this one tries. From each
state it tells the core everything that may happen (every outcome, retries, decisions, timers now or
so late that proofs are old, pausing, cancelling, the deadline), and goes on from whatever comes of
it. States that differ in times only are taken for the same.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.compile import CompiledPlan
from laneway.core.decide import Decision, decide
from laneway.core.events import Failure, TransitionTaken
from laneway.core.evolve import begin, evolve
from laneway.core.instants import Instant, elapsed, later
from laneway.core.model import ActionPhase
from laneway.core.run import Run, Stage
from laneway.core.step import DEADLINE
from tests.support.play import ANN, BOB, EVE, START, asked_for

LONG = 1_000_000
"""Milliseconds after which every proof of a random plan is too old."""

SOON = 1
"""Milliseconds after which no proof is too old."""

GONE = Failure("gone", "x", retry_class="unavailable")

Memory = frozenset[str]
"""What an observer remembers of the events so far."""

Remember = Callable[[Memory, ev.AnyEvent, Run], Memory]


class Arrival(NamedTuple):
    """That an operation came to a place, with the run and what was remembered then."""

    place: str
    run: Run
    memory: Memory


class _Here(NamedTuple):
    run: Run
    now: Instant
    memory: Memory


def arrivals(plan: CompiledPlan, remember: Remember) -> Iterator[Arrival]:
    """Every arrival of an operation at a phase or an end, on every way."""
    first = _Here(begin("op_1", asked_for(plan), START), START, frozenset())
    seen = set()
    ahead = [first]
    while ahead:
        here = ahead.pop()
        for told, now in _what_may_happen(plan, here):
            try:
                decision = decide(plan, here.run, told, now)
            except inputs.InputRefused:
                continue
            *came, (_, run, memory) = _told(decision, here, now, remember)
            yield from came
            there = _Here(run, now, memory)
            if not there.run.terminal and (key := _key(there)) not in seen:
                seen.add(key)
                ahead.append(there)


def _told(decision: Decision, here: _Here, now: Instant, remember: Remember) -> Iterator[Arrival]:
    """The arrivals that a decision tells of, and last, without a place, what is so after it.

    A phase that was entered too often has not been come to: the operation is broken off there.
    """
    run, memory, came = here.run, here.memory, None
    for said in decision.events:
        run = evolve(run, said.event, now)
        memory = remember(memory, said.event, run)
        if isinstance(said.event, TransitionTaken):
            if came is not None and said.event.on != "broken":
                yield came
            came = Arrival(said.event.target, run, memory)
    if came is not None:
        yield came
    yield Arrival("", run, memory)


def _what_may_happen(plan: CompiledPlan, here: _Here) -> Iterator[tuple[inputs.AnyInput, Instant]]:
    run, now = here.run, here.now
    if run.started_at is None:
        yield inputs.LaneGranted(target={"url": "x"}), now
        return
    for told in (*_of_phases(plan, run), inputs.Resume(ANN)):
        yield told, later(now, SOON)
        yield told, later(now, LONG)
    yield inputs.Pause(ANN), now
    yield inputs.Cancel(ANN), now
    yield inputs.TimerFired(name=DEADLINE), max(now, run.deadline_at or now)


def _of_phases(plan: CompiledPlan, run: Run) -> Iterator[inputs.AnyInput]:
    for name in run.staged(Stage.ACTING):
        phase = plan.plan.phase(name)
        assert isinstance(phase, ActionPhase)
        token = run.phase(name).token
        for outcome in phase.action.outcomes:
            yield inputs.AttemptFinished(phase=name, token=token, outcome=outcome)
        yield inputs.AttemptFinished(phase=name, token=token, outcome="fail", failure=GONE)
    for name in run.staged(Stage.APPROVAL):
        approval = run.phase(name).approval
        digest = approval.digest if approval else ""
        for who in (BOB, EVE):
            for decision in ("approve", "reject"):
                yield inputs.Approve(who, phase=name, decision=decision, digest=digest)
    for name in run.staged(Stage.RETRY, Stage.WAIT, Stage.APPROVAL):
        yield inputs.TimerFired(name=name)


def _key(here: _Here) -> tuple[Any, ...]:
    """What of a state decides how it can go on; of times only whether proofs are old."""
    run = here.run
    phases = [
        (
            name,
            at.status,
            at.stage,
            min(at.tries, 4),
            at.visits,
            at.outcome,
            len(at.approval.decisions) if at.approval else 0,
            at.finished_at is not None and elapsed(at.finished_at, here.now) >= LONG,
        )
        for name, at in sorted(run.phases.items())
    ]
    flags = (run.place, run.begun, run.detours, run.paused, run.pause_requested, run.pending_stop)
    more = (run.answering, run.deadline_over, run.no_return)
    return (*flags, *more, tuple(phases), here.memory)
