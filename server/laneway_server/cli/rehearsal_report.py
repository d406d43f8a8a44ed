"""Rehearsals, told to people."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from . import look
from .findings import count
from .output import Output
from .rehearsal_lines import large, length, mismatch_lines
from .text import clean

if TYPE_CHECKING:
    from laneway.loading.plans import LoadedPlan
    from laneway.rehearsal.bounds import Limited
    from laneway.rehearsal.chance import Sampled
    from laneway.rehearsal.coverage import Covered
    from laneway.rehearsal.rehearse import Rehearsed
    from laneway.rehearsal.suite import Result

_LABEL = 12
"""Columns of the words at the left."""


def exhaustive(
    output: Output, plan: "LoadedPlan", found: "Rehearsed", took: float, *, crashes: bool
) -> None:
    """Every way: how many there are, where they end, and what did not hold."""
    _title(output, plan, "every way" + (", with crashes" if crashes else ""))
    counted = found.counted
    told = f"{large(counted.paths)}, through {large(counted.states)} states"
    _say(output, "ways", f"{told} and {large(counted.steps)} steps")
    most = count(found.bounds.disturbances, "disturbance")
    kinds = ("a crash, " * crashes) + "a pause, a proof too old, an approval taken back, a `retry`"
    _say(output, "bounds", f"up to {most} on a way: {kinds}" if found.bounds.disturbances else most)
    for line in _limits(found.limits):
        _say(output, "", line)
    _guards(output, found.both_ways)
    if counted.ends:
        output.say()
        output.show(_ends(found))
    output.say()
    _unreached(output, found.unreached_phases, found.unreached)
    for breach in found.breaches:
        _breach(output, breach.broken.invariant, breach.broken.found, map(str, breach.way))
    if not found.complete:
        told = f"there are more than {large(found.bounds.states)} states: not every way was walked"
        output.say(Text.assemble(("✗", "bold red"), f" {told}; lower --disturbances or --attempts"))
    _verdict(output, len(found.breaches), found.commits, took)


def _limits(limits: Sequence["Limited"]) -> Iterator[str]:
    """``health, logo: 20 attempts, rehearsed with 2``: phases alike on one line."""
    alike: dict[tuple[str, int, int], list[str]] = {}
    for each in limits:
        alike.setdefault((each.what, each.plan, each.rehearsed), []).append(each.phase)
    for (what, plan, rehearsed), phases in alike.items():
        yield f"{', '.join(map(clean, phases))}: {plan} {what}, rehearsed with {rehearsed}"


def _ends(found: "Rehearsed") -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("  ends", no_wrap=True)
    for name in ("ways", "shortest", "longest found"):
        table.add_column(name, justify="right", no_wrap=True)
    for end in found.counted.ends:
        seen = look.look(str(end.status))
        where = Text.assemble("  ", (f"{seen.symbol} {end.status}", seen.style), f" at {end.place}")
        ways, shortest = large(end.paths), length(end.shortest)
        longest = "–" if end.longest is None else length(end.longest)
        table.add_row(where, ways, shortest, longest)
    return table


# --- chance --------------------------------------------------------------------------------------


def chance(output: Output, plan: "LoadedPlan", found: "Sampled", seed: int, took: float) -> None:
    """Operations by chance: where they ended, and how long they took."""
    from laneway.rehearsal.coverage import to_cover

    total = sum(map(len, found.durations.values()))
    _title(output, plan, f"{count(total, 'operation')} by chance, seed {seed}")
    _guards(output, found.both_ways)
    output.say()
    output.show(_durations(found, total))
    output.say()
    covered = to_cover(plan.compiled.plan)
    _unreached(output, (), [each for each in covered if each not in found.covered])
    for name, (number, broken, story) in found.breaches.items():
        _breach(output, name, f"{broken.found} (operation {number})", story)
    _verdict(output, len(found.breaches), found.commits, took)


def _durations(found: "Sampled", total: int) -> Table:
    from laneway.rehearsal.chance import percentile

    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("  ends", no_wrap=True)
    for name in ("operations", "", "half within", "95% within", "longest"):
        table.add_column(name, justify="right", no_wrap=True)
    for (status, place), times in sorted(found.durations.items(), key=lambda each: -len(each[1])):
        seen = look.look(status)
        where = Text.assemble("  ", (f"{seen.symbol} {status}", seen.style), f" at {place}")
        took = [percentile(times, 50), percentile(times, 95), max(times)]
        share = f"{100 * len(times) / total:.0f}%"
        table.add_row(where, large(len(times)), share, *map(length, took))
    return table


# --- a script ------------------------------------------------------------------------------------


def script(output: Output, plan: "LoadedPlan", played: Sequence["Result"]) -> None:
    """The story of each scenario, and what is not as expected."""
    _title(output, plan, count(len(played), "scenario"))
    for result in played:
        output.say()
        output.say(Text(clean(result.scenario.name), style="bold"))
        _story(output, result)
        for line in mismatch_lines(result.mismatches):
            output.say(line)


def _story(output: Output, result: "Result") -> None:
    from laneway.core.instants import elapsed
    from laneway.rehearsal.scene import BEGINNING

    if result.play is None:
        return
    for line in result.play.story:
        at = f"+{length(elapsed(BEGINNING, line.at))}"
        told = Text.assemble((f"  {at:>{_LABEL}}  ", "dim"), clean(line.words))
        if line.came_to:
            told.append(f"  → {' → '.join(map(clean, line.came_to))}", style="cyan")
        output.say(told)
    status = str(result.play.scene.run.status)
    seen = look.look(status)
    after = f" after {length(result.play.duration)}"
    output.say(Text.assemble(" " * (_LABEL + 4), (f"{seen.symbol} {status}", seen.style), after))


# --- what they have in common --------------------------------------------------------------------


def _title(output: Output, plan: "LoadedPlan", how: str) -> None:
    known = plan.compiled.plan
    name = (clean(known.name), "bold")
    output.say(Text.assemble(name, f" · version {known.version} · {how}"))


def _say(output: Output, label: str, text: str) -> None:
    output.say(Text.assemble((f"  {label:<{_LABEL}}", "dim"), clean(text)))


def _guards(output: Output, both_ways: Iterable[str]) -> None:
    for number, guard in enumerate(sorted(both_ways)):
        _say(output, "" if number else "guards", f"taken both ways: {guard}")


def _unreached(output: Output, phases: Iterable[str], left: Sequence["Covered"]) -> None:
    for phase in phases:
        output.say(Text(f"  not reached: {clean(phase)}", style="yellow"))
    for each in left:
        output.say(Text(f"  not taken: {clean(each)}", style="yellow"))
    if not left:
        _say(output, "reached", "every phase, every transition, and every result of a branch")


def _breach(output: Output, name: str, found: str, way: Iterable[str]) -> None:
    from laneway.rehearsal.watch import INVARIANTS

    says = next((each.says for each in INVARIANTS if each.name == name), name)
    output.say(Text.assemble(("✗", "bold red"), (f" {name}", "bold"), f": {says}"))
    output.say(Text(f"    but {clean(found)}", style="red"))
    for number, step in enumerate(way, start=1):
        output.say(Text(f"    {number:>3}  {clean(step)}"))


def _verdict(output: Output, broken: int, commits: int, took: float) -> None:
    from laneway.rehearsal.watch import INVARIANTS

    seconds = f"{took:.1f}s"
    if broken:
        told = f" {count(broken, 'invariant')} of {len(INVARIANTS)} broken, in {seconds}"
        output.say(Text.assemble(("✗", "bold red"), told))
        return
    held = f" {len(INVARIANTS)} invariants held at {large(commits)} commits, in {seconds}"
    output.say(Text.assemble(("✓", "green"), held))
