"""Guards on what is not known in a rehearsal: each is taken both ways.

A guard that asks for evidence which nobody gave, or for the lane, request or target where that was
left open, cannot be evaluated. It is assumed to hold, and in another turn not to hold. Within an
operation it stays as it was assumed until a phase that it asks about is made again. Two guards may
be assumed in a way that no evidence would give: more is walked then than can happen, never less.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from laneway.core import events as ev
from laneway.core.compile import CompiledPlan
from laneway.core.expressions import ExpressionFailed, Expressions, Scope
from laneway.core.instants import Instant, instant

from .scene import Commit, Scene

Result = TypeVar("Result")


def _holds(guard: str) -> bool:
    return True


class Assuming(Expressions):
    """A plan's expressions, in which guards on what is not known are taken as assumed.

    Attributes:
        both_ways: the guards that were assumed, in the order in which they were first asked for.
    """

    def __init__(
        self, real: Expressions, unknown: frozenset[str], first: Callable[[str], bool] = _holds
    ) -> None:
        """Take what is not known: ``lane``, ``request``, ``target``, ``phases.<name>.evidence``.

        ``first`` says how a guard is taken when it comes up.
        """
        self._real = real
        self._first = first
        self._unknown = unknown
        self._asks: dict[str, bool] = {}
        self._assumed: dict[str, bool] = {}
        self._fresh: list[str] = []
        self.both_ways: dict[str, None] = {}

    def each_way(
        self, assumed: dict[str, bool], ask: Callable[[], Result]
    ) -> Iterator[tuple[Result, dict[str, bool]]]:
        """What is asked, once for each way to take the guards that come up in it."""
        ahead = [assumed]
        while ahead:
            start = ahead.pop()
            self._assumed, self._fresh = dict(start), []
            result = ask()
            fresh, taken = self._fresh, dict(self._assumed)
            for place, guard in enumerate(fresh):
                earlier = {name: taken[name] for name in fresh[:place]}
                ahead.append(start | earlier | {guard: not taken[guard]})
            yield result, taken

    @property
    def taken(self) -> dict[str, bool]:
        """How guards are taken now."""
        return dict(self._assumed)

    def one_way(self, assumed: dict[str, bool]) -> None:
        """Take the guards so from here on, and those that come up as they come up."""
        self._assumed = dict(assumed)

    def holds(self, guard: str, values: Scope) -> bool:
        """Whether a guard holds, or is assumed to."""
        if not self.open(guard):
            return self._real.holds(guard, values)
        if guard not in self._assumed:
            self.both_ways[guard] = None
            self._assumed[guard] = self._first(guard)
            self._fresh.append(guard)
        return self._assumed[guard]

    def render(self, value: Any, values: Scope) -> Any:
        """Parameters; left as they are written where they need what is not known."""
        try:
            return self._real.render(value, values)
        except ExpressionFailed as failed:
            if self.open(failed.source):
                return value
            raise

    def moment(self, source: str, values: Scope) -> Instant:
        """A moment; one that needs what is not known has come already."""
        try:
            return self._real.moment(source, values)
        except ExpressionFailed:
            if self.open(source):
                return instant(values["operation.created_at"])
            raise

    def references(self, source: str) -> frozenset[str]:
        """The dotted names that an expression refers to."""
        return self._real.references(source)

    def open(self, source: str) -> bool:
        """Whether an expression asks for something that is not known."""
        if source not in self._asks:
            self._asks[source] = any(self._open(name) for name in self.references(source))
        return self._asks[source]

    def _open(self, name: str) -> bool:
        return name in self._unknown or name.partition(".")[0] in self._unknown


def assuming(
    plan: CompiledPlan, unknown: frozenset[str], first: Callable[[str], bool] = _holds
) -> tuple[CompiledPlan, Assuming]:
    """A plan whose guards on what is not known can be taken either way."""
    expressions = Assuming(plan.expressions, unknown, first)
    return CompiledPlan(plan.plan, plan.machine, expressions), expressions


def with_assumptions(commit: Commit, assumed: dict[str, bool], expressions: Assuming) -> Scene:
    """The scene after a commit, which remembers what was assumed in it."""
    begun = [s.event.phase for s in commit.decision.events if isinstance(s.event, ev.PhaseStarted)]
    made_again = {f"phases.{phase}.evidence" for phase in begun}
    kept = {g: way for g, way in assumed.items() if not expressions.references(g) & made_again}
    return msgspec.structs.replace(commit.after, assumed=kept)
