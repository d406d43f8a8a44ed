"""Plans as the wire's types: as they are offered, what is known of them, and their versions."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import PurePath
from typing import Any

from laneway.core.differences import Change, Difference
from laneway.core.model import ApprovalPhase, EndPhase, Phase, Plan
from laneway.core.proofs import RULES, Facts, LongestWay, facts
from laneway.diagram import words
from laneway.diagram.words import Said, Told
from laneway.loading.plans import LoadedPlan
from laneway.loading.problems import PlanError
from laneway.ports.plan_versions import PlanVersion

from . import wire
from .views import kind, performs, plan_path

AROUND = 3
"""Lines that are shown before and behind a difference between texts."""


def plan_ref(plan: Plan) -> wire.PlanRef:
    """Which plan it is."""
    return wire.PlanRef(name=plan.name, version=plan.version, digest=plan.digest)


def file_name(file: str) -> str:
    """What callers know a file by; the server's folders are not theirs to know."""
    return PurePath(file).name


# --- as it is offered ----------------------------------------------------------------------------


def plan_entry(offered: LoadedPlan) -> wire.PlanEntry:
    """A plan in a list."""
    return wire.PlanEntry(**_fields(offered))


def plan_view(offered: LoadedPlan, versions: Iterable[PlanVersion]) -> wire.PlanView:
    """A plan whole, with those of all ``versions`` that are its own."""
    plan = offered.compiled.plan
    own = [each for each in versions if each.name == plan.name]
    return wire.PlanView(
        **_fields(offered),
        start=plan.start,
        phases=list(_phases(plan.every_phase())),
        request=plan.request_schema,
        document=plan.document,
        versions=[
            wire.PlanVersionView(
                version=each.version, digest=each.digest, first_seen_at=each.first_seen_at
            )
            for each in sorted(own, key=lambda each: -each.version)
        ],
    )


def _fields(offered: LoadedPlan) -> dict[str, Any]:
    plan = offered.compiled.plan
    this = plan_path(plan.name)
    more = ("diagram", "source", "proofs", "versions")
    return {
        "name": plan.name,
        "version": plan.version,
        "digest": plan.digest,
        "title": plan.title,
        "description": plan.description,
        "actions": sorted({phase.action.action_id for phase in plan.action_phases()}),
        "file": file_name(offered.file),
        "warnings": len(offered.warnings),
        "links": {"self": this} | {name: f"{this}/{name}" for name in more},
    }


def _phases(phases: Iterable[Phase]) -> Iterator[wire.PlanPhase]:
    for phase in phases:
        yield wire.PlanPhase(
            name=phase.name, title=phase.title, kind=kind(phase), **performs(phase)
        )


# --- its text ------------------------------------------------------------------------------------


def source_of_offered(offered: LoadedPlan) -> wire.PlanSource:
    """The text of a plan as it is offered, with its warnings."""
    return wire.PlanSource(
        file=file_name(offered.file),
        text=offered.source,
        plan=plan_ref(offered.compiled.plan),
        offered=True,
        findings=[_finding(each) for each in offered.warnings],
    )


def source_of_refused(
    file: str, text: str, errors: Sequence[PlanError], kept: Plan | None
) -> wire.PlanSource:
    """The text of a file that cannot be used; ``kept`` is what it held before, and is offered."""
    return wire.PlanSource(
        file=file_name(file),
        text=text,
        plan=None if kept is None else plan_ref(kept),
        offered=False,
        findings=[_finding(each) for each in errors],
    )


def file_error(error: PlanError, kept: Plan | None) -> wire.PlanFileError:
    """What is wrong with a file, in the list of plans."""
    return wire.PlanFileError(
        file=file_name(error.file),
        line=error.line,
        column=error.column,
        code=error.code,
        message=error.message,
        hint=error.hint,
        severity=error.severity.value,
        way=error.way,
        kept=None if kept is None else plan_ref(kept),
    )


def _finding(error: PlanError) -> wire.PlanFinding:
    return wire.PlanFinding(
        line=error.line,
        column=error.column,
        severity=error.severity.value,
        code=error.code,
        message=error.message,
        hint=error.hint,
        way=error.way,
        witness=[
            wire.PlanStep(phase=step.phase, outcome=step.outcome or None, line=step.line or None)
            for step in error.witness
        ],
    )


# --- what is known of it -------------------------------------------------------------------------


def knowledge(offered: LoadedPlan) -> wire.PlanKnowledge:
    """What is proved of a plan, and known of it. Looking at every way may take a while."""
    plan = offered.compiled.plan
    whole, *phases = words(plan)
    return wire.PlanKnowledge(
        plan=plan_ref(plan),
        facts=_facts(plan, facts(plan)),
        says=_says(whole.said),
        phases=[_told(each) for each in phases],
        proofs=list(_proofs(offered.warnings)),
    )


def _proofs(warnings: Sequence[PlanError]) -> Iterator[wire.PlanProof]:
    for rule in RULES.values():
        yield wire.PlanProof(
            code=rule.code,
            severity=rule.severity.value,
            meaning=rule.meaning,
            remedy=rule.remedy,
            findings=sum(1 for each in warnings if each.code == rule.code),
        )


def _facts(plan: Plan, known: Facts) -> wire.PlanFacts:
    return wire.PlanFacts(
        deadline=known.deadline,
        longest=_longest(known.longest),
        when_late=None if known.when_late is None else _longest(known.when_late),
        endings=list(_endings(plan, known)),
        approvals=list(_approvals(plan)),
        destructive=list(known.destructive),
        point_of_no_return=list(known.point_of_no_return),
        committed=[name for name in plan.phases if name in known.committed],
        open_waits=list(known.open_waits),
        asked_again=list(known.asked_again),
        lengths=dict(known.lengths),
        dominators={phase: list(before) for phase, before in known.dominators.items()},
    )


def _endings(plan: Plan, known: Facts) -> Iterator[wire.PlanEnding]:
    for phase in plan.phases.values():
        if isinstance(phase, EndPhase) and phase.name in known.dominators:
            yield wire.PlanEnding(phase=phase.name, title=phase.title, end=phase.end)


def _approvals(plan: Plan) -> Iterator[wire.PlanApproval]:
    for phase in plan.phases.values():
        if isinstance(phase, ApprovalPhase):
            yield wire.PlanApproval(
                phase=phase.name,
                title=phase.title,
                role=phase.role,
                quorum=phase.quorum,
                expires=phase.expires,
                allow_requester=phase.allow_requester,
            )


def _longest(way: LongestWay) -> wire.LongestWayView:
    steps = [
        wire.TimedStep(phase=step.phase, outcome=step.outcome, takes=takes)
        for step, takes in zip(way.witness.steps, way.lengths, strict=True)
    ]
    end = wire.TimedStep(phase=way.witness.last, outcome=None, takes=0)
    return wire.LongestWayView(takes=way.milliseconds, exact=way.exact, steps=[*steps, end])


def _told(told: Told) -> wire.PlanPhaseTold:
    return wire.PlanPhaseTold(
        name=told.name,
        title=told.title,
        kind=told.tag,
        hue=told.hue,
        committed=told.committed,
        branch=told.branch,
        says=_says(told.said),
    )


def _says(said: Iterable[Said]) -> list[wire.PlanSaid]:
    return [wire.PlanSaid(about=each.about, words=each.words) for each in said]


# --- its versions --------------------------------------------------------------------------------


def difference_view(found: Difference, old_text: str, new_text: str) -> wire.PlanDifference:
    """A difference; the texts are empty where they are not known."""
    return wire.PlanDifference(
        old=plan_ref(found.old),
        new=plan_ref(found.new),
        version=found.version,
        worst=found.worst,
        changes=[_change(each) for each in found.changes],
        in_flight=found.in_flight,
        hunks=list(_hunks(old_text, new_text)) if old_text and new_text else [],
    )


def _change(change: Change) -> wire.PlanChange:
    return wire.PlanChange(
        code=change.code,
        bearing=change.bearing,
        phase=change.phase or None,
        words=change.words,
        way=str(change.witness) if change.witness else "",
    )


def _hunks(old_text: str, new_text: str) -> Iterator[list[wire.TextLine]]:
    old, new = old_text.splitlines(), new_text.splitlines()
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        yield [line for step in group for line in _lines(step, old, new)]


def _lines(
    step: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]
) -> Iterator[wire.TextLine]:
    what, old_begin, old_end, new_begin, new_end = step
    if what == "equal":
        for n in range(old_end - old_begin):
            at = old_begin + n
            yield wire.TextLine(old=at + 1, new=new_begin + n + 1, text=old[at])
        return
    for at in range(old_begin, old_end):
        yield wire.TextLine(old=at + 1, new=None, text=old[at])
    for at in range(new_begin, new_end):
        yield wire.TextLine(old=None, new=at + 1, text=new[at])
