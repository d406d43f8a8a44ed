"""A plan as a Mermaid state diagram: its phases, and the transitions that it allows."""

from collections.abc import Iterator

from laneway.core.model import EndPhase, ParallelPhase, Phase, Plan


def mermaid(plan: Plan) -> str:
    """The text of the diagram."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _lines(plan)), ""])


def _lines(plan: Plan) -> Iterator[str]:
    for phase in plan.phases.values():
        yield from _state(phase)
    yield f"[*] --> {_id(plan.start)}"
    for phase in plan.phases.values():
        yield from _transitions(phase)
    if plan.on_deadline is not None:
        yield f"note right of {_id(plan.on_deadline)}: the plan's deadline leads here"


def _state(phase: Phase) -> Iterator[str]:
    yield f'state "{_text(phase.title)}" as {_id(phase.name)}'
    if not isinstance(phase, ParallelPhase):
        return
    yield f"state {_id(phase.name)} {{"
    for place, branch in enumerate(phase.branches):
        if place:
            yield "    --"
        yield f'    state "{_text(branch.title)}" as {_id(branch.name)}'
        yield f"    [*] --> {_id(branch.name)}"
    yield "}"


def _transitions(phase: Phase) -> Iterator[str]:
    if isinstance(phase, EndPhase):
        yield f"{_id(phase.name)} --> [*]"
    for outcome, targets in phase.on.items():
        for target in targets:
            guard = f" [{_text(target.when)}]" if target.when else ""
            yield f"{_id(phase.name)} --> {_id(target.to)}: {_text(outcome)}{guard}"


def _id(name: str) -> str:
    # "end" and the like are words of Mermaid's own.
    return "p_" + name.replace("-", "_")


_ENTITIES = {ord(character): f"#{ord(character)};" for character in '#;"\n'}


def _text(text: str) -> str:
    """Text without what Mermaid would take for its own: its entities stand for it."""
    return text.translate(_ENTITIES)
