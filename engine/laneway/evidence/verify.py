"""Verifying a bundle with nothing but the bundle, and the public key of who signed it.

Each check says what is so, or what is wrong and where. One that stands on another which failed is
skipped: of events that are not what was written, it would be idle to ask what they lead to.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from laneway.core.chain import from_wire
from laneway.core.compile import CompiledPlan
from laneway.core.envelope import Recorded
from laneway.core.evolve import fold
from laneway.core.run import Run

from . import contents
from .archive import Bundle
from .envelope import Sealed, unseal
from .keys import PublicKey
from .replay import replay
from .report import About, Check, Found, Report, Result
from .strict import NotStrict, encode, parse


@dataclass
class Case:
    """A bundle that is looked at, and what has been made of it so far.

    Attributes:
        keys: whose signature is believed.
        unsigned: the signature is not asked for.
        statement: the payload as JSON, once it was read.
    """

    bundle: Bundle
    keys: Sequence[PublicKey]
    unsigned: bool
    sealed: Sealed | None = None
    statement: Any = None
    plan: CompiledPlan | None = None
    broken: set[str] = field(default_factory=set)

    @property
    def predicate(self) -> dict[str, Any]:
        """What is said of the operation."""
        predicate: dict[str, Any] = self.statement["predicate"]
        return predicate

    @cached_property
    def events(self) -> Sequence[Recorded]:
        """The events, as the core knows them."""
        return [from_wire(wire) for wire in self.predicate["events"]]

    @cached_property
    def run(self) -> Run:
        """The operation as its events say that it is."""
        return fold(self.events)

    @property
    def compiled(self) -> CompiledPlan:
        """The plan that the bundle holds."""
        assert self.plan is not None, "what needs the plan is skipped where there is none"
        return self.plan


class Wrong(Exception):
    """A check failed in a way that leaves nothing for the checks that stand on it."""

    def __init__(self, *found: Found) -> None:
        super().__init__(*found)
        self.found = found


class Said(NamedTuple):
    """What a check came to: what is so where nothing was found."""

    message: str
    found: Sequence[Found] = ()


def verify(bundle: Bundle, keys: Sequence[PublicKey] = (), *, unsigned: bool = False) -> Report:
    """Look at a bundle.

    Args:
        bundle: that was opened.
        keys: the public keys of those whose bundles are believed; one of them must have signed it.
        unsigned: do not ask who signed it. What somebody made up as a whole is not found then.
    """
    case = Case(bundle, keys, unsigned)
    checks = tuple(_checked(case, *row) for row in CHECKS)
    about = None if "statement" in case.broken else _about(case)
    return Report(about, checks)


def _checked(case: Case, name: str, look: Callable[[Case], Said], needs: tuple[str, ...]) -> Check:
    missing = [need for need in needs if need in case.broken]
    if missing:
        case.broken.add(name)
        return Check(name, Result.SKIPPED, f"not looked at, because of the {missing[0]}")
    try:
        message, found = look(case)
    except Wrong as wrong:
        case.broken.add(name)
        message, found = "", wrong.found
    result = Result.FAILED if found else Result.OK
    return Check(name, result, _counted(found) if found else message, tuple(found))


def _counted(found: Sequence[Found]) -> str:
    return "one thing is wrong" if len(found) == 1 else f"{len(found)} things are wrong"


def _about(case: Case) -> About:
    predicate, operation = case.predicate, case.predicate["operation"]
    lane = operation["lane"]
    return About(
        operation=operation["id"],
        title=operation["plan"]["title"],
        plan=f"{operation['plan']['name']} v{operation['plan']['version']}",
        lane=f"{lane['product']}/{lane['context']}/{lane['instance']}",
        status=operation["status"],
        dry_run=operation["dry_run"],
        complete=predicate["complete"],
        events=len(predicate["events"]),
        exported_at=predicate["exported_at"],
        laneway=predicate["laneway"],
    )


# --- what is around the statement ----------------------------------------------------------------


def _envelope(case: Case) -> Said:
    try:
        case.sealed = unseal(case.bundle.envelope)
    except NotStrict as wrong:
        raise Wrong(Found(str(wrong), f"envelope#{wrong.where}")) from None
    return Said("a DSSE envelope around an in-toto statement")


def _sealed(case: Case) -> Sealed:
    assert case.sealed is not None, "what needs the envelope is skipped where there is none"
    return case.sealed


def _signature(case: Case) -> Said:
    sealed = _sealed(case)
    signers = [key for key in case.keys if sealed.signed_by(key)]
    if signers:
        return Said(f"signed by {_named(signers[0])}")
    if case.keys:
        return Said("", tuple(_unproved(case.keys, sealed)))
    if case.unsigned:
        by = f"; it says that {_short(sealed.keyids[0])} signed it" if sealed.keyids else ""
        return Said(f"not asked for{by}")
    if sealed.keyids:
        told = f"signed by {_short(sealed.keyids[0])}, which was not checked: give its public key"
    else:
        told = "nobody has signed it: the server had no key"
    return Said("", (Found(told, "envelope#/signatures"),))


def _unproved(keys: Sequence[PublicKey], sealed: Sealed) -> Iterator[Found]:
    if not sealed.keyids:
        yield Found("nobody has signed it", "envelope#/signatures")
    for place, keyid in enumerate(sealed.keyids):
        known = next((key for key in keys if key.keyid == keyid), None)
        if known is None:
            given = ", ".join(_named(key) for key in keys)
            told = f"signed by {_short(keyid)}, and not by {given}"
        else:
            told = f"the signature of {_named(known)} is not of this payload: it was changed"
        yield Found(told, f"envelope#/signatures/{place}")


def _named(key: PublicKey) -> str:
    return f"{_short(key.keyid)} ({key.name})" if key.name else _short(key.keyid)


def _short(keyid: str) -> str:
    return keyid[:16]


def _payload(case: Case) -> Said:
    payload = _sealed(case).payload
    try:
        case.statement = parse(payload)
    except NotStrict as wrong:
        raise Wrong(Found(str(wrong), wrong.where)) from None
    if encode(case.statement) != payload:
        told = "it is not written as Laneway writes JSON: something else made it"
        return Said("", (Found(told),))
    return Said("JSON of which there is only one reading")


# --- what it says --------------------------------------------------------------------------------


def _statement(case: Case) -> Said:
    found = contents.form(case.statement)
    if found is not None:
        raise Wrong(found)
    return Said("an in-toto statement v1 with evidence v1")


def _subject(case: Case) -> Said:
    subject, head = case.statement["subject"][0], case.predicate["head"]["hash"]
    named = case.predicate["operation"]["id"]
    found = []
    if subject["name"] != named:
        found.append(Found(f"it is about {subject['name']}, and not {named}", "/subject/0/name"))
    if subject["digest"].get("sha256") != head:
        found.append(Found("it is not the head of the events", "/subject/0/digest/sha256"))
    return Said(f"{named}, by the head of its events", found)


def _chain(case: Case) -> Said:
    found = tuple(contents.broken_links(case.predicate))
    if found:
        raise Wrong(*found)
    count = _count(len(case.predicate["events"]), "event")
    return Said(f"{count}, each sealed to the one before")


def _count(number: int, word: str) -> str:
    """``no events``, ``1 event``, ``2 events``."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _head(case: Case) -> Said:
    found = tuple(contents.wrong_head(case.predicate))
    if found:
        raise Wrong(*found)
    return Said(f"event {case.predicate['head']['seq']} is the last")


def _plan(case: Case) -> Said:
    found = tuple(contents.wrong_plan(case.predicate))
    if found:
        raise Wrong(*found)
    try:
        case.plan = contents.compiled(case.predicate["plan"])
    except contents.Unusable as unusable:
        where = "/predicate/plan/document"
        raise Wrong(Found(f"the plan cannot be used: {unusable}", where)) from None
    plan = case.plan.plan
    return Said(f"{plan.name} v{plan.version} is what the operation was accepted under")


def _transitions(case: Case) -> Said:
    found = tuple(replay(case.compiled, case.events))
    if found:
        raise Wrong(*found)
    return Said("the plan allowed each event when it happened")


def _snapshot(case: Case) -> Said:
    found = tuple(contents.wrong_snapshot(case.predicate, case.compiled.plan, case.run))
    return Said("the operation is as its events say", found)


def _evidence(case: Case) -> Said:
    found = tuple(contents.wrong_evidence(case.predicate, case.events))
    count = _count(len(case.predicate["evidence"]), "phase")
    return Said(f"{count} over, each with what the events say", found)


def _artifacts(case: Case) -> Said:
    said = case.predicate["artifacts"]
    found = list(contents.wrong_artifacts(case.predicate, case.events))
    count = _count(len(said), "artifact")
    if case.bundle.artifacts is None:
        beside = " by digest; the bytes are not in this file" if said else ""
        return Said(f"{count}{beside}", found)
    found += contents.wrong_bytes(said, case.bundle.artifacts)
    return Said(f"{count}, each with its bytes" if said else count, found)


def _end(case: Case) -> Said:
    complete, run = case.predicate["complete"], case.run
    if complete is not run.terminal:
        so = "has ended" if run.terminal else f"has not ended (it is {run.status})"
        return Said("", (Found(f"by its events the operation {so}", "/predicate/complete"),))
    if complete:
        return Said(f"the operation has ended: {run.status}")
    return Said(f"the operation was {run.status}: a later bundle holds what came after")


CHECKS: tuple[tuple[str, Callable[[Case], Said], tuple[str, ...]], ...] = (
    ("envelope", _envelope, ()),
    ("signature", _signature, ("envelope",)),
    ("payload", _payload, ("envelope",)),
    ("statement", _statement, ("payload",)),
    ("subject", _subject, ("statement",)),
    ("chain", _chain, ("statement",)),
    ("head", _head, ("chain",)),
    ("plan", _plan, ("statement",)),
    ("transitions", _transitions, ("chain", "head", "plan")),
    ("snapshot", _snapshot, ("chain", "head", "plan", "transitions")),
    ("evidence", _evidence, ("chain", "head")),
    ("artifacts", _artifacts, ("chain", "head")),
    ("end", _end, ("chain", "head", "transitions")),
)
"""Every check in its order: its name, what looks, and the checks that it stands on."""
