"""Hypothesis strategies for plans: any shape that can be run, and any that can be loaded."""

from typing import Any

from hypothesis import strategies as st

from laneway.core.findings import Finding, Severity
from laneway.core.model import ActionSpec, Safety
from laneway.core.proofs import prove

_PLAIN = ("pass", "fail")
SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("w.prove", Safety.READ, ("pass", "fail", "refused")),
    ActionSpec("w.check", Safety.READ),
    ActionSpec("w.note", Safety.SAFE_WRITE, idempotent=True, supports_dry_run=True),
    ActionSpec("w.append", Safety.SAFE_WRITE, ("pass", "fail", "partly"), recoverable=True),
    ActionSpec("w.change", Safety.MUTATION),
    ActionSpec("w.ensure", Safety.MUTATION, idempotent=True, recoverable=True),
    ActionSpec("w.destroy", Safety.DESTRUCTIVE, recoverable=True, supports_dry_run=True),
    ActionSpec("w.wreck", Safety.DESTRUCTIVE),
)
ACTIONS = {spec.action_id: spec for spec in SPECS}
READS = [spec for spec in SPECS if spec.safety is Safety.READ]

NAMES = ("model", "state", "name", "send", "id", "deadline", "x__done", "x", "states")
"""Names that mean something to the library, or to the engine, where they are used as they are."""

ENDS = ("fail", "refused", "cancelled")
CLEAN_UP = "tidy_up"
LATE = "too_late"

TOLERATED = frozenset(
    {
        "cancel_after_destruction",
        "change_unverified",
        "deadline_impossible",
        "reference_never_run",
        "renewal_endless",
    }
)
"""Errors of plans that the engine must be able to run all the same."""

ROUNDS = 100
"""Repairs that a plan may take; those that were ever seen took far fewer."""

Document = dict[str, Any]


@st.composite
def plans(draw: st.DrawFn) -> Document:
    """A plan's document: a chain of phases, with ways out, ways back, and ways past some of it."""
    names = [
        f"{draw(st.sampled_from(NAMES))}_{i}" if i else draw(st.sampled_from(NAMES))
        for i in range(draw(st.integers(1, 5)))
    ]
    phases = {name: draw(_phase(names, i)) for i, name in enumerate(names)}
    if draw(st.booleans()):
        phases[names[0]] = draw(_proof(names))
    document: Document = {
        "plan": "any",
        "version": 1,
        "deadline": draw(st.sampled_from(["10m", "2h", "1d"])),
        "start": names[0],
        "phases": phases,
    }
    if draw(st.booleans()):
        document["on_deadline"] = LATE
        phases[LATE] = {**draw(_action(SPECS[:4])), "on": _to_ends()}
    if any("cancelled" in phase["on"] for phase in phases.values()):
        phases[CLEAN_UP] = {**draw(_action(SPECS)), "on": _to_ends()}
    for phase in phases.values():
        phase.pop("outcomes", None)
    document["phases"] |= {end: {"end": end} for end in ("pass", *ENDS)}
    return _repaired(document)


def _to_ends() -> Document:
    return {"pass": "cancelled", "fail": "fail", "refused": "refused", "partly": "fail"}


@st.composite
def _phase(draw: st.DrawFn, names: list[str], place: int) -> Document:
    kinds = [_action(SPECS), _action(SPECS), _approval(), _wait(), _parallel(names[place])]
    phase: Document = dict(draw(st.one_of(kinds)))
    outcomes = phase.pop("outcomes", ("pass", "fail", "refused", "partly"))
    following = names[place + 1] if place + 1 < len(names) else "pass"
    phase["on"] = {
        outcome: draw(_targets(names, place, outcome, following)) for outcome in outcomes
    }
    if draw(st.booleans()):
        phase["on"]["cancelled"] = CLEAN_UP
    if draw(st.booleans()):
        phase["max_visits"] = draw(st.integers(1, 3))
    if draw(st.integers(0, 3)) == 0:
        phase["cancel"] = draw(st.sampled_from(["immediate", "defer", "refuse"]))
    if place and draw(st.booleans()):
        ages: Document = {"max_age": draw(st.sampled_from(["1m", "5m"]))}
        required = {names[0], draw(st.sampled_from(names[:place]))}
        phase["requires"] = {name: draw(st.sampled_from([{}, ages])) for name in sorted(required)}
    return phase


@st.composite
def _proof(draw: st.DrawFn, names: list[str]) -> Document:
    """A first phase that later ones can require."""
    following = names[1] if names[1:] else "pass"
    return {
        **draw(_action(READS)),
        "on": {"pass": following, "fail": "fail", "refused": draw(st.sampled_from(ENDS))},
    }


@st.composite
def _targets(draw: st.DrawFn, names: list[str], place: int, outcome: str, following: str) -> Any:
    """Mostly on, or out; now and then back, or past some phases, or one or the other."""
    if outcome in ("pass", "approved"):
        on = following
    else:
        on = draw(st.sampled_from([*ENDS, *ENDS, following, *names[: place + 1]]))
    if draw(st.integers(0, 3)):
        return on
    guard = draw(
        st.sampled_from(
            [
                "lane.instance == 'prod'",
                f"phases.{names[0]}.outcome == 'pass'",
                "request.size > 2",
                "operation.dry_run",
            ]
        )
    )
    other = draw(st.sampled_from([*ENDS, "pass", *names]))
    return [{"to": other, "when": guard}, {"to": on}]


@st.composite
def _action(draw: st.DrawFn, specs: Any) -> Document:
    spec: ActionSpec = draw(st.sampled_from(specs))
    phase: Document = {
        "action": spec.action_id,
        "timeout": draw(st.sampled_from(["30s", "3m"])),
        "outcomes": spec.outcomes,
    }
    twice = spec.repeatable or (spec.idempotent and spec.safety is not Safety.DESTRUCTIVE)
    if twice and draw(st.booleans()):
        jitter = draw(st.sampled_from(["full", "none"]))
        phase["retry"] = {"attempts": draw(st.integers(1, 3)), "delay": "20s", "jitter": jitter}
    if draw(st.integers(0, 5)) == 0:
        phase["with"] = {"size": "${{ request.size }}"}
    return phase


def _approval() -> st.SearchStrategy[Document]:
    return st.builds(
        lambda quorum, own: {
            "approval": {"role": "r", "quorum": quorum, "expires": "4m", "allow_requester": own},
            "outcomes": ("approved", "rejected", "expired"),
        },
        st.integers(1, 2),
        st.booleans(),
    )


def _wait() -> st.SearchStrategy[Document]:
    waits = ["90s", {"for": "6m"}, {"until": "operation.created_at + duration('5m')"}]
    return st.sampled_from(waits).map(lambda wait: {"wait": wait, "outcomes": ("pass",)})


@st.composite
def _parallel(draw: st.DrawFn, name: str) -> Document:
    join = draw(st.sampled_from(["all", "any"]))
    branches = {}
    for i in range(draw(st.integers(1, 3))):
        branch = dict(draw(_action(READS if join == "any" else SPECS)))
        del branch["outcomes"]
        branches[f"{name}_b{i}"] = branch
    return {"parallel": branches, "join": join, "outcomes": _PLAIN}


# --- repairing -----------------------------------------------------------------------------------


def _repaired(document: Document) -> Document:
    """Take out, or put right, what the linter finds; every round leaves less to be found.

    Raises:
        AssertionError: it does not: the linter finds what its own advice does not put right.
    """
    for _ in range(ROUNDS):
        errors = _to_repair(document)
        if not errors:
            return document
        _repair(document, errors[0])
    raise AssertionError(f"after {ROUNDS} repairs: {_to_repair(document)} in {document}")


def _to_repair(document: Document) -> list[Finding]:
    return [f for f in errors_in(document) if f.code not in TOLERATED]


def errors_in(document: Document) -> list[Finding]:
    """What keeps a plan from being loaded."""
    return [f for f in prove(document, ACTIONS) if f.severity is Severity.ERROR]


def _repair(document: Document, finding: Finding) -> None:
    _, name, *path = finding.pointer
    phase = document["phases"][name]
    if finding.code == "unreachable_phase":
        _remove(document, str(name))
    elif finding.code.startswith("requires"):
        _require_not(phase, path[1])
    elif finding.code == "unknown_outcome":
        del phase["on"][path[1]]
    elif finding.code == "alternative_unreachable":
        phase["on"][path[1]] = phase["on"][path[1]][0]["to"]
    elif finding.code == "destructive_again":
        _do_once(str(name), phase)
    else:
        phase |= _REPAIRS[finding.code]


_REPAIRS: Document = {
    "endless_loop": {"max_visits": 1},
    "cancel_immediate": {"cancel": "defer"},
    "join_any_writes": {"join": "all"},
}


def _do_once(name: str, phase: Document) -> None:
    """Let a phase destroy what no other one does, and only once."""
    phase["max_visits"] = 1
    for each, work in phase.get("parallel", {name: phase}).items():
        work["with"] = {"which": each}


def _require_not(phase: Document, name: Any) -> None:
    phase.get("requires", {}).pop(name, None)
    if phase.get("requires") == {}:
        del phase["requires"]


def _remove(document: Document, name: str) -> None:
    """Remove a phase that nothing leads to; what requires it does no more."""
    del document["phases"][name]
    for phase in document["phases"].values():
        _require_not(phase, name)


def good_plans() -> st.SearchStrategy[Document]:
    """Plans without errors: those that a server loads."""
    return plans().filter(lambda document: not errors_in(document))
