"""The expressions of a plan: guards, templates in parameters, and moments to wait for.

Expressions are CEL over ``request``, ``lane.{product,context,instance}``, ``operation.*``,
``target`` (its public fields) and ``phases.<name>.{outcome,evidence}``. They compile when the plan
is loaded. A phase that has not run has the outcome ``""`` and the evidence ``{}``.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from .cel import (
    ANYTHING,
    FLAG,
    MOMENT,
    TEXT,
    Environment,
    ExpressionFailed,
    ExpressionInvalid,
    Name,
    Problem,
    Program,
    Schema,
)
from .instants import Instant, as_datetime, parse_instant
from .model import ActionPhase, EndPhase, Plan, WaitPhase
from .targets import PUBLIC_SCHEMA, public
from .templates import Slot, Template, split

__all__ = [
    "ExpressionFailed",
    "ExpressionInvalid",
    "Expressions",
    "LazyScope",
    "Scope",
    "environment",
    "scope",
]

Scope = Mapping[str, Any]
"""The values of names, by their dotted name, such as ``lane.product`` or ``request``."""


class LazyScope(Scope):
    """A scope that is made when an expression first asks for a name; most phases have none."""

    def __init__(self, make: Callable[[], Scope]) -> None:
        self._make = make

    @cached_property
    def _values(self) -> Scope:
        return self._make()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


GUARD_TYPES = frozenset({"BOOL", "DYN"})
MOMENT_TYPES = frozenset({"TIMESTAMP", "STRING", "DYN"})

_FIXED: Mapping[str, Name] = {
    "request": ANYTHING,
    "target": ANYTHING,
    **{f"lane.{part}": TEXT for part in ("product", "context", "instance")},
    **{
        f"operation.{field}": TEXT
        for field in ("id", "plan", "requested_by", "reason", "supersedes", "retry_of")
    },
    "operation.dry_run": FLAG,
    "operation.created_at": MOMENT,
}


class PhaseNames(NamedTuple):
    """What the expressions of a plan may say of its phases.

    Attributes:
        phases: names of the phases and branches that can have an outcome.
        evidence: JSON Schemas of the evidence of some of them.
    """

    phases: Iterable[str]
    evidence: Mapping[str, Schema]


def environment(request: Schema, names: PhaseNames) -> Environment:
    """The names that the expressions of a plan may use, given the schema of its request."""
    known = dict(_FIXED)
    for phase in names.phases:
        known[f"phases.{phase}.outcome"] = TEXT
        known[f"phases.{phase}.evidence"] = ANYTHING
    evidence = {f"phases.{phase}.evidence": schema for phase, schema in names.evidence.items()}
    return Environment(known, {"request": request, "target": PUBLIC_SCHEMA, **evidence})


def scope(
    request: Mapping[str, Any],
    lane: Mapping[str, str],
    operation: Mapping[str, Any],
    target: Mapping[str, Any],
    phases: Mapping[str, tuple[str, dict[str, Any]]],
) -> Scope:
    """What expressions are evaluated over.

    Args:
        request: the request document.
        lane: product, context, instance.
        operation: ``id``, ``plan``, ``requested_by`` (the subject), ``reason``, ``dry_run``,
            ``supersedes``, ``retry_of``, ``created_at`` (an instant).
        target: the lane's target record, of which only the public fields are shown.
        phases: outcome and evidence by phase; phases that have not run may be left out.
    """
    values: dict[str, Any] = {"request": request, "target": public(target)}
    values |= {f"lane.{part}": value for part, value in lane.items()}
    for field, value in operation.items():
        values[f"operation.{field}"] = "" if value is None else value
    if "created_at" in operation:
        values["operation.created_at"] = as_datetime(operation["created_at"])
    for phase, (outcome, evidence) in phases.items():
        values[f"phases.{phase}.outcome"] = outcome
        values[f"phases.{phase}.evidence"] = evidence
    return values


def compile_guard(known: Environment, source: str) -> Program:
    """Compile a guard; raises `ExpressionInvalid` also where it cannot give a truth value."""
    return _typed(known.compile(source), GUARD_TYPES, "a guard is true or false", "guard_type")


def compile_moment(known: Environment, source: str) -> Program:
    """Compile what a phase waits for; raises `ExpressionInvalid` also where that is no time."""
    return _typed(known.compile(source), MOMENT_TYPES, "a moment is a time", "moment_type")


def _typed(program: Program, types: frozenset[str], rule: str, code: str) -> Program:
    if program.result in types:
        return program
    message = f"{rule}, and this is of type {program.result.lower()}"
    raise ExpressionInvalid(program.source, Problem(message, code=code))


class Expressions:
    """Every expression of a plan, compiled."""

    def __init__(self, known: Environment) -> None:
        self._known = known
        self._programs: dict[str, Program] = {}
        self._templates: dict[str, Template] = {}

    @classmethod
    def compile(cls, plan: Plan) -> "Expressions":
        """Compile the guards, the templates in parameters, and the moments of a plan.

        Raises:
            ExpressionInvalid: the first that does not compile.
        """
        made = cls(environment(plan.request_schema, _phase_names(plan)))
        for phase in plan.every_phase():
            for guard in _guards(phase.on.values()):
                made._programs[guard] = compile_guard(made._known, guard)
            if isinstance(phase, WaitPhase) and phase.until is not None:
                made._programs[phase.until] = compile_moment(made._known, phase.until)
            if isinstance(phase, ActionPhase):
                made._prepare(phase.parameters)
        return made

    def holds(self, guard: str, values: Scope) -> bool:
        """Whether a guard holds.

        Raises:
            ExpressionFailed: it has no value, or one that is neither true nor false.
        """
        value = self._program(guard).evaluate(values)
        if not isinstance(value, bool):
            raise ExpressionFailed(guard, f"the guard gives {value!r}, neither true nor false")
        return value

    def render(self, value: Any, values: Scope) -> Any:
        """A JSON value with its templates filled in.

        Text that is nothing but one ``${{ … }}`` becomes the expression's own JSON value; within
        longer text, expressions become text.

        Raises:
            ExpressionFailed: an expression has no value.
        """
        if isinstance(value, str):
            return self._fill(value, values)
        if isinstance(value, Mapping):
            return {key: self.render(inner, values) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.render(inner, values) for inner in value]
        return value

    def moment(self, source: str, values: Scope) -> Instant:
        """The moment that an expression gives.

        Raises:
            ExpressionFailed: it has no value, or one that is not an RFC 3339 time.
        """
        value = self._program(source).evaluate(values)
        try:
            return parse_instant(value)
        except (TypeError, ValueError, OverflowError):
            raise ExpressionFailed(source, f"{value!r} is not an RFC 3339 time") from None

    def references(self, source: str) -> frozenset[str]:
        """The dotted names that an expression (without its ``${{ }}``) refers to."""
        return self._program(source).names

    def _program(self, source: str) -> Program:
        if source not in self._programs:
            self._programs[source] = self._known.compile(source)
        return self._programs[source]

    def _template(self, text: str) -> Template:
        if text not in self._templates:
            self._templates[text] = split(text)
        return self._templates[text]

    def _prepare(self, parameters: Any) -> None:
        for text in texts(parameters):
            for part in self._template(text):
                if isinstance(part, Slot):
                    self._program(part.source)

    def _fill(self, text: str, values: Scope) -> Any:
        parts = [
            self._program(part.source).evaluate(values) if isinstance(part, Slot) else part
            for part in self._template(text)
        ]
        if len(parts) == 1:
            return parts[0]
        return "".join(_as_text(part) for part in parts)


def texts(value: Any) -> Iterator[str]:
    """Every text within a JSON value (not the keys)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _guards(transitions: Iterable[Iterable[Any]]) -> Iterator[str]:
    for targets in transitions:
        yield from (target.when for target in targets if target.when is not None)


def _phase_names(plan: Plan) -> PhaseNames:
    phases = [phase.name for phase in plan.every_phase() if not isinstance(phase, EndPhase)]
    evidence = {phase.name: phase.action.evidence for phase in plan.action_phases()}
    return PhaseNames(phases, evidence)
