"""``plan diff``: what makes a plan another one, and whether its version says so."""

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from . import options
from .calls import Call
from .exits import Exit
from .options import DEFAULT_SERVER
from .output import Output
from .plan_sources import Database, Source, with_plans
from .text import clean

if TYPE_CHECKING:
    from laneway.core.differences import Bearing, Change, Difference
    from laneway.core.model import Plan

_LOOKS = {
    "dangerous": ("✗", "bold red", "dangerous: a safeguard is gone, or more is destroyed"),
    "looser": ("△", "yellow", "looser: more is allowed than before"),
    "neutral": ("·", "", "other changes"),
    "stricter": ("✓", "green", "stricter: less is allowed than before"),
}


def diff(
    context: typer.Context,
    old: Source,
    new: Source,
    *,
    database: Database = None,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Say what the difference between two plans means, the dangerous first.

    Compares what the plans do, not how they are written: comments and order are no difference.

    Ends with 1 where the content has changed and the version was not raised: such a plan is
    refused by a server that knows the old one. Ends with 2 where a plan cannot be read.
    """
    call = Call(context, server, token_file, json=json)
    with_plans(call, [old, new], database, lambda plans: _tell(call.output, *plans))


def _tell(output: Output, old: "Plan", new: "Plan") -> Exit:
    from laneway.core.differences import Version, difference

    found = difference(old, new)
    if output.json:
        output.document(_document(found))
    else:
        _print(output, found)
    return Exit.FAIL if found.version is Version.NOT_RAISED else Exit.PASS


def _print(output: Output, found: "Difference") -> None:
    from laneway.core.differences import Bearing

    output.say(Text.assemble((_named(found.old), "bold"), " → ", (_named(found.new), "bold")))
    for bearing in Bearing:
        _print_some(output, found, bearing)
    output.say()
    output.say(_verdict(found))
    if found.changes and found.old.name == found.new.name:
        output.say(Text(found.in_flight, style="dim"))


def _print_some(output: Output, found: "Difference", bearing: "Bearing") -> None:
    changes = found.of(bearing)
    if not changes:
        return
    sign, style, head = _LOOKS[bearing]
    output.say()
    output.say(Text(head, style=style or "bold"))
    for change in changes:
        place = f"{change.phase}: " if change.phase else ""
        told = Text.assemble((f"  {sign} ", style), (place, "bold"), clean(change.words))
        output.say(told)
        if change.witness:
            output.say(Text(f"      {clean(change.witness)}", style="dim"))


def _named(plan: "Plan") -> str:
    return f"{plan.name} version {plan.version}"


def _verdict(found: "Difference") -> Text:
    from laneway.core.differences import Version

    old, new = found.old, found.new
    if found.version is Version.NOT_RAISED:
        told = f"the content has changed, and the version is {new.version}: raise it to "
        return Text.assemble(("✗ ", "bold red"), told, (str(old.version + 1), "bold"))
    if found.version is Version.SAME_CONTENT:
        return Text.assemble(("✓ ", "green"), "no difference to an operation")
    if found.version is Version.OTHER_PLAN:
        return Text.assemble(("· ", ""), "these are two plans: each has its own versions")
    told = f"the version was raised from {old.version} to {new.version}"
    return Text.assemble(("✓ ", "green"), told)


def _document(found: "Difference") -> dict[str, Any]:
    return {
        "old": _plan(found.old),
        "new": _plan(found.new),
        "version": found.version.value,
        "worst": None if found.worst is None else found.worst.value,
        "changes": [_change(change) for change in found.changes],
        "in_flight": found.in_flight,
    }


def _plan(plan: "Plan") -> dict[str, Any]:
    return {"name": plan.name, "version": plan.version, "digest": plan.digest}


def _change(change: "Change") -> dict[str, Any]:
    told = {
        "code": change.code,
        "bearing": change.bearing.value,
        "phase": change.phase or None,
        "words": change.words,
    }
    return told | ({"witness": str(change.witness)} if change.witness else {})
