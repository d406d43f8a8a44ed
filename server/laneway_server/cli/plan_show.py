"""``plan show``: a plan in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from rich.text import Text

from . import options
from .calls import Call
from .exits import Exit
from .options import DEFAULT_SERVER
from .output import Output
from .plan_sources import Database, Source, with_plans
from .text import clean

if TYPE_CHECKING:
    from laneway.core.model import Plan
    from laneway.diagram.words import Told

HUES = {
    "read": "blue",
    "safe_write": "cyan",
    "mutation": "yellow",
    "destructive": "bold red",
    "approval": "magenta",
    "wait": "cyan",
    "pass": "green",
    "fail": "red",
    "refused": "yellow",
    "cancelled": "dim",
}
"""How what a phase does is coloured."""


def show(
    context: typer.Context,
    plan: Source,
    *,
    database: Database = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Tell a plan in words: what it asks for, and what each phase does to the world.

    For each phase: what it does, how long that takes at most, how often it is tried, what it
    requires, who approves, what cancelling does, and what follows from what.
    """
    call = Call(context, server, token_file, json=json)
    with_plans(call, [plan], database, lambda plans: _tell(call.output, plans))


def _tell(output: Output, plans: Sequence["Plan"]) -> Exit:
    from laneway.diagram import words

    told = words(plans[0])
    if output.json:
        output.document(_document(told))
        return Exit.PASS
    for place, each in enumerate(told):
        if place and not each.branch:
            output.say()
        output.say(_head(each))
        output.show(_table(each))
    return Exit.PASS


def _head(told: "Told") -> Text:
    indent = "    " if told.branch else ""
    head = Text.assemble(indent, (clean(told.title), "bold"), (f"  {told.name}", "dim"))
    head.append(f"  {told.tag}", style=HUES.get(told.hue, "dim"))
    return head.append("  no return", style="red") if told.committed and not told.branch else head


def _table(told: "Told") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=16 + 4 * told.branch)
    table.add_column(overflow="fold")
    before = ""
    indent = "  " + "    " * told.branch
    for said in told.said:
        about = "" if said.about == before else said.about
        table.add_row(Text(indent + about, style="dim"), Text(clean(said.words, 20_000)))
        before = said.about
    return table


def _document(told: Sequence["Told"]) -> dict[str, Any]:
    whole, *phases = told
    return {
        "plan": whole.name,
        "title": whole.title,
        "says": _says(whole),
        "phases": [
            {
                "name": each.name,
                "title": each.title,
                "kind": each.tag,
                "committed": each.committed,
                "says": _says(each),
            }
            for each in phases
        ],
    }


def _says(told: "Told") -> list[dict[str, str]]:
    return [{"about": said.about, "words": said.words} for said in told.said]
