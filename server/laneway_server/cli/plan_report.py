"""What was found out about plans, for people and as JSON."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from . import findings
from .output import Output
from .plan_files import Checked
from .text import clean

if TYPE_CHECKING:
    from laneway.core.proofs import Facts, LongestWay
    from laneway.loading.plans import LoadedPlan

_MOST_STEPS = 40
"""Steps of a longest way that are printed; of a longer one the middle is left out."""


def tell(output: Output, checked: Checked) -> None:
    """Print findings with their ways, then what is known of each plan, and how many there are."""
    for found in checked.findings:
        output.say(findings.line(found))
        if found.witness:
            output.say(Text(f"    {clean(found.way)}", style="dim"))
    if checked.findings:
        output.say()
    for loaded in checked.plans:
        _tell_facts(output, loaded)
    output.say(findings.summary(len(checked.paths), "plan", checked.findings))


def _tell_facts(output: Output, loaded: "LoadedPlan") -> None:
    from laneway.core.proofs import facts

    plan = loaded.compiled.plan
    known = facts(plan)
    output.say(Text(f"{clean(loaded.file)}: {plan.name}, version {plan.version}", style="bold"))
    for name, told in _lines(known):
        output.say(Text.assemble((f"  {name:<20}", "dim"), clean(told, limit=20_000)))
    output.say()


def _lines(known: "Facts") -> Iterator[tuple[str, str]]:
    from laneway.core.proofs import in_words

    at_most = "at most " if not known.longest.exact else ""
    worst, limit = in_words(known.worst_case), in_words(known.deadline)
    waits = f", and the wait of {', '.join(known.open_waits)}" if known.open_waits else ""
    yield "worst case", f"{at_most}{worst}{waits}; the deadline is {limit}"
    yield "longest way", way(known.longest)
    if known.asked_again:
        yield "asked again", f"{', '.join(known.asked_again)}: each time a proof says another thing"
    if known.when_late is not None:
        yield "after the deadline", way(known.when_late)
    returns = ", ".join(known.point_of_no_return)
    yield "point of no return", returns or "none: it can be cancelled to its end"


def way(longest: "LongestWay") -> str:
    """``look (30s) -pass-> change (10m) -pass-> pass``."""
    from laneway.core.proofs import in_words

    lengths = zip(longest.witness.steps, longest.lengths, strict=True)
    steps = [f"{step.phase} ({in_words(length)}) -{step.outcome}-> " for step, length in lengths]
    if len(steps) > _MOST_STEPS:
        half = _MOST_STEPS // 2
        steps[half:-half] = [f"… {len(steps) - 2 * half} more … "]
    return "".join(steps) + longest.witness.last


def tell_programs(output: Output, checked: Checked) -> None:
    """Print all of it as JSON."""
    output.document(
        {
            "files": [str(path) for path in checked.paths],
            "plans": [_plan(loaded) for loaded in checked.plans],
            **findings.as_document(checked.findings),
        }
    )


def _plan(loaded: "LoadedPlan") -> dict[str, Any]:
    from laneway.core.proofs import facts

    plan = loaded.compiled.plan
    return {
        "file": loaded.file,
        "name": plan.name,
        "version": plan.version,
        "digest": plan.digest,
        "facts": _facts(facts(plan)),
    }


def _facts(known: "Facts") -> dict[str, Any]:
    """All times are in milliseconds."""
    return {
        "deadline": known.deadline,
        "worst_case": known.worst_case,
        "exact": known.longest.exact,
        "longest_way": _way(known.longest),
        "after_deadline": None if known.when_late is None else _way(known.when_late),
        "open_waits": list(known.open_waits),
        "asked_again": list(known.asked_again),
        "destructive": list(known.destructive),
        "point_of_no_return": list(known.point_of_no_return),
        "dominators": {phase: list(before) for phase, before in known.dominators.items()},
    }


def _way(longest: "LongestWay") -> list[dict[str, Any]]:
    lengths = zip(longest.witness.steps, longest.lengths, strict=True)
    steps: list[dict[str, Any]] = [
        {"phase": step.phase, "outcome": step.outcome, "takes": takes} for step, takes in lengths
    ]
    return [*steps, {"phase": longest.witness.last, "outcome": None, "takes": 0}]
