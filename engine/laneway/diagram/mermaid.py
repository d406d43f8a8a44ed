"""A plan as a Mermaid state diagram, for where Mermaid is drawn: GitHub, wikis, notebooks.

What Mermaid cannot show is written: what is needed, and where the point of no return is, are lines
in the states, and an operation's path is told by classes and by a mark at what it took.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from laneway.core.model import EndPhase, ParallelPhase, Phase, Plan
from laneway.core.proofs import Facts, facts

from . import notes
from .exits import Exit, exits
from .letters import seen
from .notes import Note, Sign
from .overlay import Overlay
from .scene import deadline_words

_CLASSES = {
    "read": "fill:#e8f1fb,stroke:#2b6cb0,color:#16202b",
    "safe_write": "fill:#e0f4f0,stroke:#0f7d6c,color:#16202b",
    "mutation": "fill:#fdf0dc,stroke:#a85b00,color:#16202b",
    "destructive": "fill:#fde8e8,stroke:#c4262e,color:#16202b,stroke-width:3px",
    "approval": "fill:#f0eafc,stroke:#6d3fc4,color:#16202b",
    "wait": "fill:#ebeff3,stroke:#4f6070,color:#16202b",
    "pass": "fill:#e3f5e8,stroke:#1a7f3c,color:#16202b",
    "fail": "fill:#fde8e8,stroke:#c4262e,color:#16202b",
    "refused": "fill:#fbf0de,stroke:#9a5b00,color:#16202b",
    "cancelled": "fill:#edf0f3,stroke:#66727f,color:#16202b",
    "here": "stroke:#1d5fd1,stroke-width:4px",
    "visited": "stroke-width:3px",
}
_SIGNS = {Sign.AGAIN: "tries ", Sign.VISITS: "visits ", Sign.PEOPLE: "by ", Sign.NEEDS: "needs "}


def mermaid(plan: Plan, path: Overlay | None = None) -> str:
    """The text of the diagram, with an operation's path where there is one."""
    lines = _Diagram(plan, path, facts(plan)).lines()
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines), ""])


@dataclass(frozen=True)
class _Diagram:
    plan: Plan
    path: Overlay | None
    known: Facts

    def lines(self) -> Iterator[str]:
        if self.path is not None:
            yield f"%% {_comment(notes.path_line(self.plan, self.path))}"
        used = {notes.hue(phase) for phase in self.plan.every_phase()}
        used |= set() if self.path is None else {"here", "visited"}
        yield from (f"classDef {hue} {css}" for hue, css in _CLASSES.items() if hue in used)
        for phase in self.plan.phases.values():
            yield from self._state(phase)
        yield f"[*] --> {_id(self.plan.start)}"
        for phase in self.plan.phases.values():
            yield from self._transitions(phase)

    def _state(self, phase: Phase) -> Iterator[str]:
        told = [phase.title, *self._told(phase, phase)]
        if phase.name in self.known.point_of_no_return:
            told.append("⚑ point of no return")
        if phase.name == self.plan.on_deadline:
            told.append(f"the {deadline_words(self.plan)} leads here")
        # Mermaid has one line, and no class, for a state that has states in it.
        joint = " · " if isinstance(phase, ParallelPhase) else "<br/>"
        yield f'state "{joint.join(map(_text, told))}" as {_id(phase.name)}'
        if isinstance(phase, ParallelPhase):
            yield from self._branches(phase)
        else:
            yield from self._classes(phase)

    def _branches(self, phase: ParallelPhase) -> Iterator[str]:
        yield f"state {_id(phase.name)} {{"
        for place, branch in enumerate(phase.branches):
            if place:
                yield "    --"
            told = map(_text, (branch.title, *self._told(branch, phase)))
            yield f'    state "{"<br/>".join(told)}" as {_id(branch.name)}'
            yield f"    [*] --> {_id(branch.name)}"
        yield "}"
        for branch in phase.branches:
            yield from self._classes(branch)

    def _classes(self, phase: Phase) -> Iterator[str]:
        yield f"class {_id(phase.name)} {notes.hue(phase)}"
        if self.path is not None and phase.name in self.path.traces:
            here = phase.name == self.path.current
            yield f"class {_id(phase.name)} {'here' if here else 'visited'}"

    def _told(self, phase: Phase, top: Phase) -> Iterator[str]:
        """The lines of a state below its title."""
        if not isinstance(phase, EndPhase):
            more = notes.notes(phase, committed=top.name in self.known.committed)
            tag = () if isinstance(phase, ParallelPhase) else (notes.tag(phase),)
            yield " · ".join([*map(_said, (notes.subject(phase), *more)), *tag])
        needed = notes.needs(self.plan, phase)
        if needed:
            yield _said(Note(Sign.NEEDS, needed))
        trace = None if self.path is None else self.path.traces.get(phase.name)
        if trace is not None:
            yield notes.traced(phase, trace)

    def _transitions(self, phase: Phase) -> Iterator[str]:
        if isinstance(phase, EndPhase):
            yield f"{_id(phase.name)} --> [*]"
        for way in exits(phase):
            mark = "● " if self._took(way) else ""
            yield f"{_id(phase.name)} --> {_id(way.target)}: {mark}{_label(way)}"

    def _took(self, way: Exit) -> bool:
        path = self.path
        return path is not None and path.took_way(way.source, way.outcomes, way.target)


def _said(note: Note) -> str:
    return _SIGNS.get(note.sign, "") + note.words


def _label(way: Exit) -> str:
    return _text(way.words) + (f" [{_text(way.condition)}]" if way.condition else "")


def _id(name: str) -> str:
    # "end" and the like are words of Mermaid's own.
    return "p_" + name.replace("-", "_")


_ENTITIES = {ord(character): f"#{ord(character)};" for character in '#;"<>&{}:%`\\'}


def _text(text: str) -> str:
    """Text without what Mermaid would take for its own: its entities stand for it."""
    return seen(text).translate(_ENTITIES)


def _comment(text: str) -> str:
    return seen(text).replace("{", "(").replace("}", ")")
