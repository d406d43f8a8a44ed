"""That what a phase requires has passed before it, whichever way leads there."""

from collections.abc import Iterator

from laneway.core.findings import Finding

from .graph import PASSED
from .phases import renewable
from .rules import found
from .ways import Move, Watch, Ways


def standing_findings(ways: Ways) -> Iterator[Finding]:
    """What may be missing when a phase begins that requires it."""
    required: dict[str, list[str]] = {}
    for node in ways.graph.nodes.values():
        for each, _ in ways.graph.requirements(node):
            if renewable(each):  # else it is said where it is required
                required.setdefault(each.name, []).append(node.name)
    for name, phases in required.items():
        without = ways.arrivals(passed(name))
        for phase in phases:
            if phase in without:
                yield found(
                    "requires_not_before",
                    f"an operation can come to {phase!r} without {name!r} having passed",
                    ("phases", phase, "requires", name),
                    f"let every way to {phase!r} lead through {name!r}",
                    about_key=True,
                    witness=without[phase],
                )


def passed(name: str) -> Watch:
    """Whether a phase stands as passed: it was left so when it was come to last."""

    def watch(so: bool, move: Move) -> bool:
        return move.result in PASSED if move.source.place == name else so

    return watch
