"""What is wrong with scenarios that their JSON Schema cannot say: names that a plan has not."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from laneway.core.findings import Finding, from_mistake
from laneway.core.model import ActionPhase, ApprovalPhase, EndPhase, Plan
from laneway.core.names import listed, nearest
from laneway.core.schemas import Path, mistakes

from .scenario import WORDS

_OWN = ("@cancelled", "@fail", "@refused")
_FREE = {"type": "object"}


def scenario_findings(document: Mapping[str, Any], plan: Plan) -> list[Finding]:
    """Everything in which scenarios do not fit their plan.

    Args:
        document: one that the JSON Schema accepts.
    """
    found = list(_request(document, (), plan))
    names: list[str] = []
    for number, scenario in enumerate(document["scenarios"]):
        pointer: Path = ("scenarios", number)
        found += _names(scenario, pointer, names)
        found += _request(scenario, pointer, plan)
        found += _answers(scenario.get("answers", {}), (*pointer, "answers"), plan)
        found += _meanwhile(scenario.get("meanwhile", ()), (*pointer, "meanwhile"), plan)
        found += _expected(scenario["expect"], (*pointer, "expect"), plan)
        names.append(scenario["name"])
    return found


def _names(scenario: Mapping[str, Any], pointer: Path, earlier: list[str]) -> Iterator[Finding]:
    if scenario["name"] in earlier:
        message = f"another scenario is called {scenario['name']!r}"
        yield Finding("duplicate_scenario", message, (*pointer, "name"))
    retried = scenario.get("retry_of")
    if retried is not None and retried not in earlier:
        message = f"no scenario before this one is called {retried!r}"
        yield Finding(
            "unknown_scenario", message, (*pointer, "retry_of"), nearest(retried, earlier)
        )


def _request(given: Mapping[str, Any], pointer: Path, plan: Plan) -> Iterator[Finding]:
    if "request" not in given:
        return
    nothing = {"type": "object", "additionalProperties": False}
    schema = {"title": "the request", **(plan.request_schema or nothing)}
    for mistake in mistakes(schema, given["request"]):
        yield from_mistake(mistake, (*pointer, "request"))


# --- what is given -------------------------------------------------------------------------------


def _answers(given: Mapping[str, Any], pointer: Path, plan: Plan) -> Iterator[Finding]:
    for name, said in given.items():
        place = (*pointer, name)
        acting = {phase.name: phase for phase in plan.action_phases()}
        if name not in acting:
            yield _unknown(name, place, acting, "no phase that performs an action", about_key=True)
            continue
        alone = not isinstance(said, list)
        for number, answer in enumerate([said] if alone else said):
            yield from _answer(answer, place if alone else (*place, number), acting[name])


def _answer(answer: Any, pointer: Path, phase: ActionPhase) -> Iterator[Finding]:
    word = answer if isinstance(answer, str) else answer.get("answer", "pass")
    place = pointer if isinstance(answer, str) or "answer" not in answer else (*pointer, "answer")
    known = [*phase.action.outcomes, *WORDS]
    if word not in known:
        message = f"{phase.action.action_id} never gives {word!r}"
        hint = nearest(word, known) or f"it gives {listed(known)}"
        yield Finding("unknown_answer", message, place, hint)
    if isinstance(answer, Mapping):
        schema = {**(phase.action.evidence or _FREE), "title": f"{phase.name}'s evidence"}
        for mistake in mistakes(schema, answer.get("evidence", {})) if "evidence" in answer else ():
            yield from_mistake(mistake, (*pointer, "evidence"))


def _meanwhile(given: Iterable[Any], pointer: Path, plan: Plan) -> Iterator[Finding]:
    for number, doing in enumerate(given):
        if "phase" in doing:
            known = _phases_for(doing["do"], plan)
            if doing["phase"] not in known:
                place = (*pointer, number, "phase")
                yield _unknown(doing["phase"], place, known, f"nothing to {doing['do']} in")


def _phases_for(do: str, plan: Plan) -> list[str]:
    """The phases in which something may be done."""
    if do in ("approve", "reject", "revoke"):
        return [p.name for p in plan.phases.values() if isinstance(p, ApprovalPhase)]
    if do == "reconcile":
        return [phase.name for phase in plan.action_phases()]
    return [phase.name for phase in plan.every_phase() if not isinstance(phase, EndPhase)]


# --- what is expected ----------------------------------------------------------------------------


def _expected(given: Mapping[str, Any], pointer: Path, plan: Plan) -> Iterator[Finding]:
    phases = [phase.name for phase in plan.every_phase()]
    places = [*plan.phases, *_OWN]
    yield from _listed(given, "path", pointer, places, "no phase")
    yield from _listed(given, "approvals", pointer, _phases_for("approve", plan), "no approval")
    for key in ("evidence", "attempts"):
        for name in given.get(key, {}):
            if name not in phases:
                yield _unknown(name, (*pointer, key, name), phases, "no phase", about_key=True)
    failure = given.get("failure")
    failed_in = failure.get("phase") if isinstance(failure, Mapping) else None
    if failed_in is not None and failed_in not in phases:
        yield _unknown(failed_in, (*pointer, "failure", "phase"), phases, "no phase")


def _listed(
    given: Mapping[str, Any], key: str, pointer: Path, known: list[str], what: str
) -> Iterator[Finding]:
    for number, name in enumerate(given.get(key, ())):
        if name not in known:
            yield _unknown(name, (*pointer, key, number), known, what)


def _unknown(
    name: str, pointer: Path, known: Iterable[str], what: str, *, about_key: bool = False
) -> Finding:
    message, hint = f"the plan has {what} {name!r}", nearest(name, known)
    return Finding("unknown_phase", message, pointer, hint, about_key=about_key)
