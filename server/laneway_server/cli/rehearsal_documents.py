"""Rehearsals, for programs. Numbers of ways are text: they are larger than JSON's readers count."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laneway.loading.plans import LoadedPlan
    from laneway.rehearsal.chance import Sampled
    from laneway.rehearsal.coverage import Covered
    from laneway.rehearsal.rehearse import Rehearsed
    from laneway.rehearsal.suite import Result


def exhaustive(
    plan: "LoadedPlan", found: "Rehearsed", took: float, *, crashes: bool
) -> dict[str, Any]:
    """Every way."""
    counted = found.counted
    return {
        **_plan(plan),
        "how": "exhaustive",
        "crashes": crashes,
        "complete": found.complete,
        "paths": str(counted.paths),
        "states": counted.states,
        "steps": counted.steps,
        "commits": found.commits,
        "disturbances": found.bounds.disturbances,
        "limits": [
            {"phase": e.phase, "what": e.what, "plan": e.plan, "rehearsed": e.rehearsed}
            for e in found.limits
        ],
        "guards_both_ways": list(found.both_ways),
        "ends": [
            {
                "status": str(end.status),
                "place": end.place,
                "paths": str(end.paths),
                "shortest_ms": end.shortest,
                "longest_ms": end.longest,
            }
            for end in counted.ends
        ],
        "unreached": _left(found.unreached),
        "unreached_phases": list(found.unreached_phases),
        "broken": [
            _broken(b.broken.invariant, b.broken.found, map(str, b.way)) for b in found.breaches
        ],
        "seconds": round(took, 3),
    }


def chance(plan: "LoadedPlan", found: "Sampled", seed: int, took: float) -> dict[str, Any]:
    """Operations by chance."""
    from laneway.rehearsal.chance import percentile
    from laneway.rehearsal.coverage import to_cover

    return {
        **_plan(plan),
        "how": "random",
        "seed": seed,
        "operations": sum(map(len, found.durations.values())),
        "commits": found.commits,
        "guards_both_ways": sorted(found.both_ways),
        "ends": [
            {
                "status": status,
                "place": place,
                "operations": len(times),
                "p50_ms": percentile(times, 50),
                "p95_ms": percentile(times, 95),
                "longest_ms": max(times),
            }
            for (status, place), times in sorted(found.durations.items())
        ],
        "unreached": _left([e for e in to_cover(plan.compiled.plan) if e not in found.covered]),
        "broken": [
            {**_broken(name, broken.found, story), "operation": number}
            for name, (number, broken, story) in found.breaches.items()
        ],
        "seconds": round(took, 3),
    }


def script(plan: "LoadedPlan", played: Sequence["Result"]) -> dict[str, Any]:
    """The stories of scenarios."""
    return {**_plan(plan), "how": "script", "scenarios": [_story(result) for result in played]}


def _story(result: "Result") -> dict[str, Any]:
    from laneway.core.instants import elapsed
    from laneway.rehearsal.scene import BEGINNING

    play = result.play
    story = play.story if play else []
    return {
        "name": result.scenario.name,
        "passed": result.passed,
        "status": str(play.scene.run.status) if play else None,
        "duration_ms": play.duration if play else None,
        "story": [
            {"at_ms": elapsed(BEGINNING, e.at), "told": e.words, "came_to": list(e.came_to)}
            for e in story
        ],
        "mismatches": [
            {"what": m.what, "expected": m.expected, "found": m.found} for m in result.mismatches
        ],
    }


def _plan(plan: "LoadedPlan") -> dict[str, Any]:
    known = plan.compiled.plan
    return {"plan": known.name, "version": known.version, "digest": known.digest}


def _left(covered: Iterable["Covered"]) -> list[dict[str, Any]]:
    return [
        {"phase": e.phase, "outcome": e.outcome, "to": e.to or None, "when": e.when}
        for e in covered
    ]


def _broken(name: str, found: str, way: Iterable[str]) -> dict[str, Any]:
    return {"invariant": name, "found": found, "way": list(way)}
