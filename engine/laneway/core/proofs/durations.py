"""How long a phase may take at most, by what the plan says of it. All in milliseconds.

Only what the plan bounds is counted: timeouts, the delays between attempts, the time that a driver
has to say what became of an attempt, approvals, waits, and proofs that are made again. Not counted
is what people and the engine's own absence take: an operation that is paused, an outcome that is
reconciled, a proof that says something else when it is made again (the approval is asked for again
then), and a wait until a moment, which only the deadline ends.
"""

from typing import Any

from laneway.core.compile import ACTION_TIMEOUT, APPROVAL_EXPIRES, DEADLINE
from laneway.core.instants import parse_duration
from laneway.core.model import Retry
from laneway.core.step import RECOVERY_TIME

from .graph import Graph, Node, mapping, text

_MOST_ATTEMPTS = 100  # as the JSON Schema has it


def deadline(graph: Graph) -> int:
    """The plan's deadline; 0 where what it says is no duration."""
    return milliseconds(text(graph.document, "deadline") or DEADLINE)


def visit(graph: Graph, node: Node) -> int:
    """One visit of a phase: what it requires made again once, and its own work."""
    return renewals(graph, node) + work(node)


def renewals(graph: Graph, node: Node, within: tuple[str, ...] = ()) -> int:
    """Making again, once each, what a phase requires with a ``max_age``.

    Args:
        within: the phases for which this is asked, so that a circle of requirements ends.
    """
    aged = (required for required, how in graph.requirements(node) if "max_age" in how)
    inner = (*within, node.name)
    return sum(work(each) + renewals(graph, each, inner) for each in aged if each.name not in inner)


def work(node: Node) -> int:
    """A phase's own work: all its attempts, its slowest branch, its wait, or its approval."""
    if node.kind == "parallel":
        return max(map(work, node.branches), default=0)
    if node.kind == "action" or node.is_branch:
        return _attempts(node)
    if node.kind == "approval":
        approval = mapping(node.document, "approval")
        return milliseconds(text(approval, "expires") or APPROVAL_EXPIRES)
    return wait(node)


def wait(node: Node) -> int:
    """The duration that a phase waits; 0 where it does not, or waits until a moment."""
    inner = mapping(node.document, "wait")
    return milliseconds(text(node.document, "wait") or text(inner, "for"))


def _attempts(node: Node) -> int:
    retry = mapping(node.document, "retry")
    attempts = min(int(_number(retry, "attempts", 1)), _MOST_ATTEMPTS)
    one = milliseconds(text(node.document, "timeout") or ACTION_TIMEOUT)
    if node.spec is not None and node.spec.recoverable and not node.spec.repeatable:
        one += RECOVERY_TIME
    return attempts * one + sum(_delay(retry, tries) for tries in range(1, attempts))


def _delay(retry: Any, tries: int) -> int:
    """The longest pause after so many tries; see `retry.delay`."""
    default = Retry()
    first = milliseconds(text(retry, "delay")) or default.delay
    most = milliseconds(text(retry, "max_delay")) or default.max_delay
    factor = max(_number(retry, "factor", default.factor), 1.0)
    return round(min(first * factor ** (tries - 1), most))


def _number(document: Any, key: str, default: float) -> float:
    found = document.get(key)
    usable = isinstance(found, int | float) and not isinstance(found, bool) and 1 <= found <= 1_000
    return float(found) if usable else default


def milliseconds(duration: str | None) -> int:
    """The length of a duration as it is written; 0 where it is none."""
    try:
        return parse_duration(duration or "")
    except ValueError:
        return 0


def in_words(length: int) -> str:
    """A length as people say it: ``5h 45m 47s``, ``90ms``."""
    units = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
    parts = []
    for unit, size in units:
        number, length = divmod(length, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"
