"""What came of a scenario, against what was expected of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from laneway.core import events as ev
from laneway.core.instants import format_duration
from laneway.core.model import Frozen

from .director import Script
from .play import Play
from .scenario import Expected


class Mismatch(Frozen, frozen=True):
    """One thing that is not as expected. Paths are lists; everything else is told in words."""

    what: str
    expected: Any
    found: Any


def path(play: Play) -> tuple[str, ...]:
    """The phases that an operation came to, in their order."""
    taken = (e.event for e in play.events if isinstance(e.event, ev.TransitionTaken))
    return tuple(event.target for event in taken)


def approvals(play: Play) -> tuple[str, ...]:
    """The approvals that were asked for, in their order."""
    asked = (e.event for e in play.events if isinstance(e.event, ev.ApprovalRequested))
    return tuple(event.phase for event in asked)


def mismatches(play: Play, script: Script, expect: Expected) -> list[Mismatch]:
    """Everything that is not as expected."""
    return [
        *_end(play, expect),
        *_way(play, expect),
        *_phases(play, expect),
        *_people(play),
        *(Mismatch("given", "is used", told) for told in (*script.unused, *script.wrong)),
        *(Mismatch(broken.invariant, "holds", broken.found) for broken, _ in play.broken),
    ]


def _end(play: Play, expect: Expected) -> Iterator[Mismatch]:
    run = play.scene.run
    failure = run.failure or run.last_failure
    if run.status != expect.status:
        yield Mismatch("status", expect.status, str(run.status))
    if expect.failure is not None and (failure is None or failure.code != expect.failure):
        yield Mismatch("failure", expect.failure, failure.code if failure else "none")
    if expect.failed_in is not None and run.failed_in != expect.failed_in:
        yield Mismatch("failed in", expect.failed_in, run.failed_in or "none")


def _way(play: Play, expect: Expected) -> Iterator[Mismatch]:
    if expect.path is not None and path(play) != expect.path:
        yield Mismatch("path", list(expect.path), list(path(play)))
    if expect.approvals is not None and approvals(play) != expect.approvals:
        yield Mismatch("approvals", list(expect.approvals), list(approvals(play)))
    least, most, took = expect.at_least, expect.at_most, play.duration
    if not (least or 0) <= took <= (took if most is None else most):
        yield Mismatch("duration", _between(least, most), format_duration(took))


def _between(least: int | None, most: int | None) -> str:
    if least == most and least is not None:
        return format_duration(least)
    said = [f"at least {format_duration(least)}"] if least is not None else []
    return " and ".join([*said, *([f"at most {format_duration(most)}"] if most else [])])


def _phases(play: Play, expect: Expected) -> Iterator[Mismatch]:
    for name, times in expect.attempts.items():
        if play.scene.run.phase(name).attempt != times:
            yield Mismatch(f"attempts of {name}", times, play.scene.run.phase(name).attempt)
    for name, part in expect.evidence.items():
        found = play.scene.run.phase(name).evidence
        if not _holds(part, found):
            yield Mismatch(f"evidence of {name}", part, found)


def _holds(part: Any, whole: Any) -> bool:
    """Whether a value has all that a part of it says."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _holds(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


def _people(play: Play) -> Iterator[Mismatch]:
    for said in play.answered:
        if said.code != said.doing.refused:
            what = f"{said.doing.do} {said.doing.phase}".strip()
            yield Mismatch(what, said.doing.refused or "is taken", said.code or "was taken")
