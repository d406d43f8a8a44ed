"""What must hold of every operation at every commit, whatever it was told.

These are the promises that the engine makes to people, said once more and apart from the core that
keeps them: nothing here asks ``movement``, ``attempts`` or ``standing`` what they think of it. A
rehearsal looks at every commit; the first that breaks a promise is shown with the way to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from laneway.core import inputs
from laneway.core.chain import ChainBroken, event_hash, from_wire, to_wire, verify
from laneway.core.envelope import Recorded
from laneway.core.evolve import evolve, fold
from laneway.core.model import Frozen, Plan
from laneway.core.run import Run

from . import watch_actions, watch_state
from .scene import Commit, Decide


class Broken(Frozen, frozen=True):
    """A promise that did not hold: its name, and what was found instead."""

    invariant: str
    found: str


class Invariant(NamedTuple):
    """A promise: its name, and what it says."""

    name: str
    says: str


INVARIANTS: tuple[Invariant, ...] = (
    Invariant("deterministic", "the same question gets the same decision"),
    Invariant("folded", "an operation's state is what its events say"),
    Invariant("chained", "the chain of events verifies, also when it comes back from JSON"),
    Invariant("written_first", "no action is begun that was not written down in the same commit"),
    Invariant("once", "what changes the world is done once, unless a person or the plan says so"),
    Invariant("proved", "nothing begins before all that it requires has passed and is not too old"),
    Invariant("approved", "nothing is changed on an approval that does not cover it, or not fully"),
    Invariant("authorized", "nothing is changed before the policy was asked anew, and allowed it"),
    Invariant("no_return", "a cancel is refused past the point of no return, and not before"),
    Invariant("not_given_up", "what may be changing something is never left half done"),
    Invariant("a_person_says", "what nobody knows is settled by a person, and by nobody else"),
    Invariant("lane_held", "the lane is held from the first action until nothing is under way"),
    Invariant("heard", "what drivers, timers and people rightly say is taken"),
    Invariant("end_last", "nothing comes after the end, or is told to what has ended"),
    Invariant("never_stuck", "what has not ended is at work, paused, or waits until a set time"),
    Invariant("plan_followed", "every outcome leads where the plan says"),
    Invariant("consistent", "the end is what the plan, and what was asked for, say that it is"),
    Invariant("always_ends", "every way comes to an end"),
)
"""Every promise, in the order of what they are about."""

_AT_EVENTS: Mapping[str, Callable[..., Iterator[str]]] = {
    "not_given_up": watch_actions.given_up,
    "end_last": watch_state.after_the_end,
    "plan_followed": watch_state.off_the_plan,
    "consistent": watch_state.inconsistent,
}
"""Looked at for each event, with the run as it was just before it."""

_AT_COMMITS: Mapping[str, Callable[[Commit], Iterator[str]]] = {
    "written_first": watch_actions.unwritten,
    "once": watch_actions.repeated,
    "proved": watch_actions.unproved,
    "approved": watch_actions.unapproved,
    "authorized": watch_actions.unauthorized,
    "no_return": watch_actions.cancelled_late,
    "a_person_says": watch_state.settled_unasked,
    "lane_held": watch_state.lane_let_go,
    "never_stuck": watch_state.stuck,
}


def look(commit: Commit) -> list[Broken]:
    """Every promise that a commit breaks."""
    found = [*_at_events(commit)]
    for name, check in _AT_COMMITS.items():
        found += [Broken(name, text) for text in check(commit)]
    return found


def look_twice(commit: Commit, decide: Decide) -> list[Broken]:
    """Whether the core decides the same, asked once more."""
    told, now, ruling = commit.told, commit.now, commit.ruling
    if decide(commit.plan, commit.before.run, told, now, ruling) == commit.decision:
        return []
    return [Broken("deterministic", f"asked about {told} once more, the core decides otherwise")]


def look_at_refusal(
    refused: inputs.InputRefused, told: inputs.AnyInput, plan: Plan, run: Run
) -> list[Broken]:
    """Every promise that a refusal breaks, of something that is rightly said.

    A cancel may be refused, but not too early.
    """
    if not isinstance(told, inputs.Cancel):
        return [Broken("heard", f"{type(told).__name__} was refused at {run.place}: {refused}")]
    if watch_actions.past_no_return(plan, run):
        return []
    return [Broken("no_return", f"a cancel was refused at {run.place}, which nothing forbids")]


def _at_events(commit: Commit) -> Iterator[Broken]:
    run = commit.before.run
    for said in commit.decision.events:
        for name, check in _AT_EVENTS.items():
            for text in check(commit, run, said.event):
                yield Broken(name, text)
        run = evolve(run, said.event, commit.now)
    if run != commit.decision.run:
        yield Broken("folded", "the decided state is not what the events lead to")


def look_at_links(events: Sequence[Recorded], head: str) -> list[Broken]:
    """Every promise that events break which follow those up to a head."""
    for recorded in events:
        try:
            read = _read_back(recorded)
        except msgspec.ValidationError as error:
            return [Broken("chained", f"event {recorded.seq} cannot be read back: {error}")]
        if read != recorded:
            return [Broken("chained", f"event {recorded.seq} is read back as another one")]
        if recorded.prev_hash != head or event_hash(read) != recorded.hash:
            return [Broken("chained", f"event {recorded.seq} does not follow, or was changed")]
        head = recorded.hash
    return []


def look_at_chain(events: Sequence[Recorded], run: Run) -> list[Broken]:
    """Every promise that a whole operation's events break."""
    try:
        read = [_read_back(recorded) for recorded in events]
        head = verify(read)
    except (ChainBroken, msgspec.ValidationError) as error:
        return [Broken("chained", str(error))]
    found = []
    if read != list(events) or head != run.head:
        found.append(Broken("chained", "the events that are read back are not those written"))
    if fold(read) != run:
        found.append(Broken("folded", "the state is not what the events say, from the first on"))
    return found


def _read_back(recorded: Recorded) -> Recorded:
    return from_wire(msgspec.json.decode(msgspec.json.encode(to_wire(recorded))))
