"""No promise is empty: a core that breaks it is caught, with a way that shows it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from laneway.core import attempts, inputs, movement, standing
from laneway.core import events as ev
from laneway.core.commands import SetTimer, StartAction
from laneway.core.decide import decide
from laneway.core.model import EndStatus
from laneway.core.run import Stage
from laneway.core.step import Step
from laneway.rehearsal.chance import sample
from laneway.rehearsal.rehearse import Rehearsed
from laneway.rehearsal.scene import Decide
from laneway.rehearsal.setting import setting
from laneway.rehearsal.watch import INVARIANTS
from tests.support.rehearsals import compiled, deed, every_way, retold


def broken(found: Rehearsed) -> dict[str, list[str]]:
    """The promises that broke, and the shortest way to each."""
    return {b.broken.invariant: [str(move) for move in b.way] for b in found.breaches}


def test_the_core_keeps_every_promise():
    found = every_way(deed(), disturbances=2)
    assert broken(found) == {}
    assert found.complete
    assert found.holds
    assert found.commits > 1_000


# --- a core whose parts are broken ---------------------------------------------------------------


def never(*_: Any, **__: Any) -> None:
    """In place of something that would raise, or find something."""


def always(*_: Any, **__: Any) -> bool:
    return True


def refuse(*_: Any) -> None:
    raise inputs.NotCancellable("no")


def only_branches(plan: Any, run: Any, phase: Any, now: Any) -> None:
    """In place of ``missing``: nothing is ever missing."""


PARTS: list[tuple[str, Any, str, Callable[..., Any], list[str]]] = [
    (
        "once",
        attempts,
        "_harmless",
        always,
        ["the engine is killed", "deed: the next engine finds the attempt lost"],
    ),
    ("proved", movement, "missing", only_branches, ["proof: grows too old", "ask: approver 1 "]),
    ("approved", movement, "check_approver", never, ["ask: somebody approves something else"]),
    ("authorized", movement, "_authorized", always, ["ask: approver 1 decides to approve"]),
    ("no_return", movement, "refuse_late_cancel", never, ["somebody cancels"]),
    ("no_return", movement, "refuse_late_cancel", refuse, ["somebody cancels"]),
    ("not_given_up", movement, "can_stop_now", always, ["the deadline passes"]),
]


@pytest.mark.parametrize(("name", "module", "part", "instead", "last"), PARTS)
def test_a_core_with_a_broken_part_is_caught(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    module: Any,
    part: str,
    instead: Callable[..., Any],
    last: list[str],
):
    monkeypatch.setattr(module, part, instead)
    way = broken(every_way(deed()))[name]
    for step, begins in zip(way[-len(last) :], last, strict=True):
        assert step.startswith(begins)


def test_an_approval_that_no_longer_covers_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(standing, "_covers_still", always)
    way = broken(every_way(deed()))["approved"]
    assert way[-1] == "proof: pass (says something else now)"


def test_a_quorum_of_too_few_is_caught(monkeypatch: pytest.MonkeyPatch):
    phases = {
        "ask": {
            "approval": {"role": "boss", "quorum": 2},
            "on": {"approved": "deed", "rejected": "refused", "expired": "refused"},
        },
        "deed": {"action": "w.destroy", "on": {"pass": "pass", "fail": "fail"}},
    }
    monkeypatch.setattr(movement, "settle_approval", one_is_enough)
    monkeypatch.setattr(standing, "_must_ask", never)
    assert broken(every_way(compiled(phases)))["approved"] == [
        "gets its lane",
        "ask: approver 1 decides to approve",
    ]


def one_is_enough(step: Step, name: str) -> None:
    movement.finish(step, name, "approved")


# --- decisions that were tampered with -----------------------------------------------------------


def fickle() -> Decide:
    """Says something else every other time."""
    times = count()

    def core(plan, run, told, now, ruling=None):
        made = decide(plan, run, told, now, ruling)
        return replace(made, withdraw=(*made.withdraw, f"timer:x{next(times) % 2}"))

    return core


def forgetful(plan, run, told, now, ruling=None):
    """Forgets in the state what the events say."""
    made = decide(plan, run, told, now, ruling)
    return replace(made, run=replace(made.run, begun=False))


def unreadable(plan, run, told, now, ruling=None):
    """Writes what comes back from JSON as something else."""

    def change(event):
        finished = isinstance(event, ev.PhaseFinished)
        return replace(event, evidence={"x": (1,)}) if finished else event

    return retold(run, decide(plan, run, told, now, ruling), now, change)


def hasty(plan, run, told, now, ruling=None):
    """Begins the deed at once, and writes nothing down."""
    made = decide(plan, run, told, now, ruling)
    if isinstance(told, inputs.LaneGranted):
        begin = StartAction("action:deed", "deed", 1, "op_deed_1", "w.destroy", {}, now)
        return replace(made, commands=(*made.commands, begin))
    return made


def presumptuous(plan, run, told, now, ruling=None):
    """Takes what is unknown to have failed, when the deadline passes."""
    if isinstance(told, inputs.TimerFired) and run.staged(Stage.UNKNOWN):
        said = inputs.Reconcile(outcome="fail", note="")
        return decide(plan, run, said, now, ruling)
    return decide(plan, run, told, now, ruling)


def careless(plan, run, told, now, ruling=None):
    """Lets go of the lane, and of nothing else."""
    made = decide(plan, run, told, now, ruling)
    return replace(made, withdraw=()) if made.run.terminal else made


def talkative(plan, run, told, now, ruling=None):
    """Has something to say after the end."""
    made = decide(plan, run, told, now, ruling)
    if not made.run.terminal:
        return made
    return retold(run, made, now, lambda event: event, ev.PauseRequested(ev.ENGINE))


def timeless(plan, run, told, now, ruling=None):
    """Sets no timers."""
    made = decide(plan, run, told, now, ruling)
    return replace(made, commands=tuple(c for c in made.commands if not isinstance(c, SetTimer)))


def astray(plan, run, told, now, ruling=None):
    """Goes on to the deed, whatever the proof says."""

    def change(event):
        fails = isinstance(event, ev.TransitionTaken) and event.target == "fail"
        return replace(event, target="pass") if fails else event

    return retold(run, decide(plan, run, told, now, ruling), now, change)


def rosy(plan, run, told, now, ruling=None):
    """Every operation passes."""

    def change(event):
        ends = isinstance(event, ev.OperationFinished)
        return replace(event, status=EndStatus.PASS) if ends else event

    return retold(run, decide(plan, run, told, now, ruling), now, change)


def giving_up(plan, run, told, now, ruling=None):
    """Ends as cancelled what nobody has cancelled."""
    if isinstance(told, inputs.TimerFired) and run.place == "ask":
        return decide(plan, run, inputs.Cancel(), now, ruling)
    return decide(plan, run, told, now, ruling)


def twice(plan, run, told, now, ruling=None):
    """Ends a phase once more that had ended."""

    def change(event):
        goes_on = isinstance(event, ev.TransitionTaken) and event.source == "proof"
        return ev.PhaseFinished("proof", "fail", "fail") if goes_on else event

    return retold(run, decide(plan, run, told, now, ruling), now, change)


def deaf(plan, run, told, now, ruling=None):
    """Takes nothing any more once it has asked."""
    if run.place == "ask":
        raise inputs.IllegalInput("no")
    return decide(plan, run, told, now, ruling)


TAMPERED: list[tuple[str, Decide]] = [
    ("deterministic", fickle()),
    ("folded", forgetful),
    ("chained", unreadable),
    ("written_first", hasty),
    ("a_person_says", presumptuous),
    ("lane_held", careless),
    ("end_last", talkative),
    ("never_stuck", timeless),
    ("plan_followed", astray),
    ("consistent", rosy),
    ("consistent", twice),
    ("consistent", giving_up),
    ("heard", deaf),
    ("always_ends", deaf),
]


@pytest.mark.parametrize(("name", "core"), TAMPERED)
def test_a_core_that_decides_wrongly_is_caught(name: str, core: Decide):
    assert name in broken(every_way(deed(), core, disturbances=0))


SELDOM = ("a_person_says", "always_ends")
"""What chance alone hardly comes to."""


def test_every_promise_has_a_core_that_breaks_it():
    caught = {part[0] for part in PARTS} | {name for name, _ in TAMPERED}
    assert caught == {each.name for each in INVARIANTS}


@pytest.mark.parametrize(("name", "core"), [t for t in TAMPERED if t[0] not in SELDOM])
def test_chance_catches_it_too(name: str, core: Decide):
    given = setting(deed().plan)
    found = sample(deed(), given, operations=60, seed=3, crashes=True, decide=core)
    assert name in found.breaches


# --- plans that do not end -----------------------------------------------------------------------


def test_a_loop_without_a_bound_is_caught():
    phases = {
        "look": {"action": "w.check", "on": {"pass": "pass", "fail": "rest"}},
        "rest": {"wait": "1m", "on": {"pass": "look"}},
    }
    way = broken(every_way(compiled(phases), crashes=False))["always_ends"]
    assert {"look: fail", "rest: its time is up"} <= set(way)


def test_an_outcome_that_no_guard_takes_is_caught():
    on = {"pass": [{"to": "pass", "when": "lane.instance == 'prod'"}], "fail": "fail"}
    way = broken(every_way(compiled({"look": {"action": "w.check", "on": on}})))["plan_followed"]
    assert way == ["gets its lane", "look: pass"]


def test_a_destructive_loop_without_an_approval_is_caught():
    phases = {
        "deed": {
            "action": "w.destroy",
            "max_visits": 3,
            "on": {"pass": "pass", "fail": "rest"},
        },
        "rest": {"wait": "1m", "on": {"pass": "deed"}},
    }
    way = broken(every_way(compiled(phases), crashes=False, disturbances=0))["once"]
    assert way == ["gets its lane", "deed: fail", "rest: its time is up"]
