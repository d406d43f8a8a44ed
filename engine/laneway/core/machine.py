"""The plan as a statechart: which transition is allowed, and where it leads.

python-statemachine is the authority, and this module is the only one that imports it. A plan
becomes one class (each is some 350 KiB, so there is one per plan digest, and only so many). Asking
an instance costs about 0.4 ms, so each question is asked once per plan and its answer remembered:
the answer depends on nothing but the configuration, the event and the guards.

Beside the plan's phases the chart has four states of its own: ``@accepted``, where every operation
begins, and ``@cancelled``, ``@fail`` and ``@refused``, where it ends when the plan names no phase
for that. The events are

- ``start`` and ``retry:<phase>``, from ``@accepted``;
- ``outcome:<outcome>``, from every phase, with the plan's guards;
- ``renew:<phase>`` and ``renewed:<phase>``: to a proof or approval that no longer stands, and back;
- ``finished:<branch>``, within a parallel phase;
- ``cancelled``, ``deadline``, ``broken`` (the engine cannot go on) and ``denied`` (the policy does
  not allow it any more), from everywhere.
"""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from statemachine import StateChart, registry
from statemachine.exceptions import TransitionNotAllowed
from statemachine.io import create_machine_class_from_definition
from statemachine.orderedset import OrderedSet

from .model import ActionPhase, ApprovalPhase, EndPhase, ParallelPhase, Phase, Plan

CHARTS_KEPT = 100
"""Classes that are kept beyond those that a `Machine` has."""

ACCEPTED = "@accepted"
CANCELLED = "@cancelled"
FAILED = "@fail"
REFUSED = "@refused"

Configuration = frozenset[str]
"""The active states: a phase, and where it is parallel its regions and branches."""

Guards = tuple[bool, ...]
"""For each target of an outcome, in the plan's order, whether its guard holds."""


class NotAllowed(Exception):
    """The plan allows no such transition from there."""

    def __init__(self, configuration: Configuration, event: str) -> None:
        places = ", ".join(sorted(configuration))
        super().__init__(f"the plan allows no {event!r} in {places}")


class Machine:
    """The statechart of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._memo: dict[tuple[Configuration, str, Guards], Configuration] = {}

    @cached_property
    def chart(self) -> type[StateChart[Any]]:
        """The python-statemachine class."""
        return _chart_class(_ByDigest(self._plan))

    def step(self, configuration: Configuration, event: str, guards: Guards = ()) -> Configuration:
        """The configuration after an event.

        Raises:
            NotAllowed: the plan has no such transition.
        """
        question = (configuration, event, guards)
        if question not in self._memo:
            self._memo[question] = self.ask(configuration, event, guards)
        return self._memo[question]

    def ask(self, configuration: Configuration, event: str, guards: Guards = ()) -> Configuration:
        """Ask the library itself, without the memo."""
        model = _Model(configuration)
        chart = self.chart(model)
        try:
            chart.send(_event(event), guards=guards)
        except TransitionNotAllowed:
            raise NotAllowed(configuration, event) from None
        return model.configuration

    def place(self, configuration: Configuration) -> str:
        """The phase (or the chart's own state) that a configuration is in."""
        return next(iter(configuration & self._places))

    @cached_property
    def _places(self) -> Configuration:
        return frozenset({ACCEPTED, CANCELLED, FAILED, REFUSED, *self._plan.phases})

    def configuration(self, place: str, finished: frozenset[str] = frozenset()) -> Configuration:
        """The configuration of a place, given which branches of a parallel phase have finished."""
        phase = self._plan.phases.get(place)
        if not isinstance(phase, ParallelPhase):
            return frozenset({place})
        inner = (
            (_region(b.name), _done(b.name) if b.name in finished else b.name)
            for b in phase.branches
        )
        return frozenset({place}).union(*inner)


class _Model:
    """What a chart instance keeps its state in: an `OrderedSet`, as the library needs."""

    def __init__(self, configuration: Configuration) -> None:
        self.state: Any = OrderedSet(_value(name) for name in sorted(configuration))
        if len(configuration) == 1:
            (self.state,) = self.state

    @property
    def configuration(self) -> Configuration:
        values = self.state if isinstance(self.state, OrderedSet) else [self.state]
        return frozenset(value.removeprefix(_VALUE) for value in values)


class _ByDigest:
    """A plan that counts as equal to every other one with its digest, to key the class cache."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.plan.digest == self.plan.digest

    def __hash__(self) -> int:
        return hash(self.plan.digest)


@lru_cache(maxsize=CHARTS_KEPT)
def _chart_class(key: _ByDigest) -> type[StateChart[Any]]:
    plan = key.plan
    chart = create_machine_class_from_definition(
        f"Plan_{plan.digest.removeprefix('sha256:')}",
        states=_states(plan),
        catch_errors_as_events=False,
        allow_event_without_transition=False,
        # ``prove`` checks reachability and traps, and names the line; the library cannot.
        validate_disconnected_states=False,
        validate_trap_states=False,
        validate_final_reachability=False,
    )
    # The library would keep every class for good, to be found by its name, which nobody does.
    known = registry._REGISTRY  # noqa: SLF001 - the library has no way to forget one
    for name in [name for name, other in known.items() if other is chart]:
        del known[name]
    return chart


def _states(plan: Plan) -> dict[str, Any]:
    own = {_id(end): {"value": _value(end), "final": True} for end in (CANCELLED, FAILED, REFUSED)}
    phases = {_id(name): _state(plan, phase) for name, phase in plan.phases.items()}
    return {_id(ACCEPTED): _accepted(plan), **phases, **own}


def _accepted(plan: Plan) -> dict[str, Any]:
    retries = {
        f"retry:{name}": name
        for name, phase in plan.phases.items()
        if not isinstance(phase, EndPhase)
    }
    events = {"start": plan.start, **retries, "cancelled": CANCELLED, "refused": REFUSED}
    return {"value": _value(ACCEPTED), "initial": True, "on": _transitions(events)}


def _state(plan: Plan, phase: Phase) -> dict[str, Any]:
    if isinstance(phase, EndPhase):
        return {"value": _value(phase.name), "final": True}
    events = _transitions(_engine_events(plan, phase))
    for outcome, targets in phase.on.items():
        events[_event(outcome_event(outcome))] = [
            {"target": _id(target.to), "cond": _guard(place)}
            for place, target in enumerate(targets)
        ]
    state: dict[str, Any] = {"value": _value(phase.name), "on": events}
    if isinstance(phase, ParallelPhase):
        state |= {"parallel": True, "states": dict(_branch(b) for b in phase.branches)}
    return state


def _engine_events(plan: Plan, phase: Phase) -> dict[str, str]:
    """The transitions that every phase has, whatever its ``on`` says."""
    events = {"deadline": plan.on_deadline or FAILED, "broken": FAILED, "denied": REFUSED}
    if "cancelled" not in phase.on:
        events["cancelled"] = CANCELLED
    events |= {f"renew:{name}": name for name in renewable(plan, phase)}
    for other in plan.phases.values():
        if phase.name in renewable(plan, other):
            events[f"renewed:{other.name}"] = other.name
    return events


def renewable(plan: Plan, phase: Phase) -> tuple[str, ...]:
    """What may have to be made again before a phase starts: see ``standing.missing``.

    That is what it requires, and the approvals; and before an approval every proof.
    """
    if isinstance(phase, EndPhase):
        return ()
    proving = plan.phases.values() if isinstance(phase, ApprovalPhase) else (phase,)
    proofs = (r.phase for p in proving for r in p.requires)
    approvals = (p.name for p in plan.phases.values() if isinstance(p, ApprovalPhase))
    names = dict.fromkeys([*proofs, *approvals])
    return tuple(name for name in names if name != phase.name)


def _branch(branch: ActionPhase) -> tuple[str, dict[str, Any]]:
    working = {
        "value": _value(branch.name),
        "initial": True,
        "on": _transitions({f"finished:{branch.name}": _done(branch.name)}),
    }
    done = {"value": _value(_done(branch.name)), "final": True}
    inner = {_id(branch.name): working, _id(_done(branch.name)): done}
    return _id(_region(branch.name)), {"value": _value(_region(branch.name)), "states": inner}


def _transitions(events: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    return {_event(event): [{"target": _id(target)}] for event, target in events.items()}


def _guard(place: int) -> Callable[[Guards], bool]:
    def holds(guards: Guards) -> bool:
        return guards[place]

    return holds


def outcome_event(outcome: str) -> str:
    """The event for an outcome of a phase; a cancellation is the same event everywhere."""
    return "cancelled" if outcome == "cancelled" else f"outcome:{outcome}"


def _region(branch: str) -> str:
    return f"{branch}@region"


def _done(branch: str) -> str:
    return f"{branch}@done"


_VALUE = "="


def _value(name: str) -> str:
    """A state's value; an instance takes no attribute that is named as the value of a state is."""
    return _VALUE + name


def _event(name: str) -> str:
    """An event's identifier; states and events share one namespace in the library's classes."""
    return "event_" + _id(name)


def _id(name: str) -> str:
    """A Python identifier of its own for every name, which no attribute of the library has."""
    return "lw_" + re.sub(r"[^a-z0-9_]", lambda found: f"U{ord(found[0]):x}U", name)
