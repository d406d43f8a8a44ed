"""Figures as a table for people."""

import os
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .machine import Machine
from .results import Result


def show(name: str, results: Sequence[Result], on: Machine, *, quick: bool) -> None:
    """Print a benchmark's figures. Those of a quick run are not held to their targets."""
    console = Console(width=None if os.isatty(1) else 150)
    console.print(_table(name, results, quick=quick))
    for each in results:
        if each.detail:
            console.print(f"  {each.name}: {_detail(each)}", style="dim", markup=False)
    changed = " with changes" if on.changed else ""
    console.print(
        f"  {on.cpu}, {on.cores} cores, {on.kernel}, {on.filesystem}; Python {on.python}, "
        f"SQLite {on.sqlite}; commit {on.commit}{changed}",
        style="dim",
        markup=False,
    )


def _table(name: str, results: Sequence[Result], *, quick: bool) -> Table:
    title = f"{name} (quick: no measurement)" if quick else name
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("what")
    for heading in ("median", "± ", "ceiling", "ratio", "target"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for heading in ("wall s", "CPU s", "server s", "others"):
        table.add_column(heading, justify="right", style="dim")
    for each in results:
        table.add_row(*_row(each, quick=quick))
    return table


def _row(found: Result, *, quick: bool) -> tuple[str, ...]:
    verdict = {True: "[green]met", False: "[red]missed", None: ""}[None if quick else found.met]
    return (
        found.name,
        f"{number(found.median)} {found.unit}",
        f"{found.spread:.0%}" if len(found.rounds) > 1 else "",
        "" if found.ceiling is None else number(found.ceiling),
        "" if found.ratio is None else f"{found.ratio:.0%}",
        ", ".join(map(str, found.targets)),
        verdict,
        *_costs(found),
    )


def _costs(found: Result) -> tuple[str, str, str, str]:
    cost = found.cost
    if cost is None:
        return "", "", "", ""
    return f"{cost.wall:,.1f}", f"{cost.cpu:,.1f}", f"{cost.server:,.1f}", f"{cost.noise:.0%}"


def number(value: float) -> str:
    """A number with as many digits as matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def _detail(found: Result) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in found.detail.items())


def _plain(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
