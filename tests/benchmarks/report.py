"""The last figures, written to where people read them: the README and ``docs/performance.md``.

    make bench bench-peers bench-report

What stands between ``<!-- performance -->`` and ``<!-- /performance -->`` is replaced in both, and
the plot is drawn anew. Figures of runs on two machines do not belong in one table: that is refused.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from .frame import files
from .frame.machine import ROOT, Machine
from .frame.results import Result
from .frame.running import FOLDER
from .frame.table import number

BEGIN, END = "<!-- performance -->", "<!-- /performance -->"
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "images" / "performance.svg"
VERDICTS = {True: "met", False: "**missed**", None: ""}


class NotToBeReported(Exception):
    """The figures cannot be shown together; the message says why."""


def main() -> None:
    """Write everything."""
    runs = files.read(FOLDER / "results.json")
    try:
        on = the_machine(runs)
    except NotToBeReported as why:
        sys.exit(str(why))
    peers = runs["peers"].results if "peers" in runs else ()
    if peers:
        from .plot import draw

        draw(PLOT, peers)
    replaced(README, short(runs, on))
    replaced(PAGE, long(runs, on))


def the_machine(runs: files.Runs) -> Machine:
    """The machine that all runs were on.

    Raises:
        NotToBeReported: there are no figures, or they are of several machines or commits.
    """
    if not runs:
        raise NotToBeReported("there are no figures yet: make bench")
    known = {
        (run.machine.cpu, run.machine.cores, run.machine.python, run.machine.commit)
        for run in runs.values()
    }
    if len(known) > 1:
        raise NotToBeReported(f"these figures are of {len(known)} machines or commits: {known}")
    return next(iter(runs.values())).machine


def replaced(file: Path, text: str) -> None:
    """Put text between the marks of a file.

    Raises:
        ValueError: it has no marks, or not in their order.
    """
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file.name} has no {BEGIN} with an {END} after it")
    file.write_text(f"{before}{BEGIN}\n{text.strip()}\n{END}{after}", encoding="utf-8")


# --- what is written -----------------------------------------------------------------------------


def short(runs: files.Runs, on: Machine) -> str:
    """For the README: what is compared, and what was promised."""
    lines: list[str] = []
    if "peers" in runs:
        lines += [
            "![Operations a second, beside other engines](docs/images/performance.svg)",
            "",
            *_peers(runs["peers"].results),
            "",
        ]
    lines += [
        f"Eight steps that do nothing, 50 operations at once, everything synced to disk. {_on(on)}",
        "Made by `make bench bench-peers bench-report`; every figure, and what it was held",
        "against, is in [`docs/performance.md`](docs/performance.md).",
    ]
    return "\n".join(lines)


def long(runs: files.Runs, on: Machine) -> str:
    """For the page: everything."""
    lines = [_on(on), ""]
    if "peers" in runs:
        picture = "![Operations a second, beside other engines](images/performance.svg)"
        lines += ["## Beside other engines", "", picture, "", *_peers(runs["peers"].results), ""]
    for name, run in runs.items():
        if name != "peers":
            lines += [f"## {name.capitalize()}", "", *_figures(run.results), ""]
    return "\n".join(lines)


def _on(on: Machine) -> str:
    return (
        f"{on.cpu}, {on.cores} cores, {on.memory_gib:g} GiB; {on.kernel}, {on.filesystem}; "
        f"Python {on.python}, SQLite {on.sqlite}; commit `{on.commit}`."
    )


def _peers(results: tuple[Result, ...]) -> Iterator[str]:
    yield "| engine | operations/s | submit p50 / p99, ms | one alone, ms |"
    yield "|---|--:|--:|--:|"
    for each in sorted(compared(results), key=lambda one: -one.median):
        told = each.detail
        release = "" if each.name.startswith("Laneway") else f" ({told['version']})"
        submit = f"{number(told['submit_p50'])} / {number(told['submit_p99'])}"
        alone = number(told["alone_p50"])
        yield f"| {each.name}{release} | {number(each.median)} | {submit} | {alone} |"


def compared(results: tuple[Result, ...]) -> list[Result]:
    """The engines: one figure of each."""
    return [each for each in results if "version" in each.detail]


def _figures(results: tuple[Result, ...]) -> Iterator[str]:
    yield "| what | median | ± | ceiling | ratio | target | | others |"
    yield "|---|--:|--:|--:|--:|---|---|--:|"
    for each in results:
        ceiling = "" if each.ceiling is None else f"{number(each.ceiling)} ({each.against})"
        cells = (
            each.name,
            f"{number(each.median)} {each.unit}",
            f"{each.spread:.0%}" if len(each.rounds) > 1 else "",
            ceiling,
            "" if each.ratio is None else f"{each.ratio:.0%}",
            ", ".join(map(str, each.targets)),
            VERDICTS[each.met],
            "" if each.cost is None else f"{each.cost.noise:.0%}",
        )
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
