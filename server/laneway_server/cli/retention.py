"""``prune``, ``hold`` and ``release``: what is forgotten, and what is not."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from . import options
from .calls import Call
from .database import use_database, use_store
from .exits import Exit
from .options import DEFAULT_SERVER
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.core.instants import Instant
    from laneway.core.retention import Candidate
    from laneway.ports.retention import Removed
    from laneway.ports.store import Lease, Store
    from laneway_server.client import LanewayClient

Database = Annotated[
    Path,
    typer.Option(
        "--database", envvar="LANEWAY_DATABASE", metavar="FILE", help="The database's file."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say what would go and by which rule, and what stays and why; a server may have the "
        "database open.",
    ),
]
Why = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: it is kept with the operation.")
]

_PAGE = 50
_BECAUSE = {
    "not_ended": "has not ended",
    "holds_lane": "holds its lane",
    "on_hold": "is on hold",
    "named": "is named by {named_by}, which has not ended",
    "last_pass": "is the last of its plan that passed on its lane",
    "last_destructive": "is the last of its plan that began to destroy on its lane",
    "keep_days": "ended less than {keep_days} days ago",
    "keep_last": "is among the {keep_last} newest of its plan on its lane",
}


def prune(
    database: Database = Path("laneway.db"), *, dry_run: DryRun = False, json: options.Json = False
) -> None:
    """Remove operations whose plan's retention lets them go. A server does this by itself.

    Without --dry-run no server may have the database open.
    """
    output = Output(json=json)
    if dry_run:
        use_database(output, database, lambda: _look(output, database))
    else:
        use_store(output, database, lambda store: _prune(output, store), migrate=False)


def hold(
    context: typer.Context,
    operation: options.Operation,
    *,
    reason: Why,
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Keep an operation, whatever its plan's retention says, until it is released."""
    _tell(Call(context, server, token_file, json=json, operation=operation), operation, reason)


def release(
    context: typer.Context,
    operation: options.Operation,
    *,
    reason: Why = "",
    server: options.Server = DEFAULT_SERVER,
    token_file: options.TokenFile = None,
    json: options.Json = False,
) -> None:
    """Let an operation go when its plan's retention says so."""
    call = Call(context, server, token_file, json=json, operation=operation)
    _tell(call, operation, reason, verb="release")


def _tell(call: Call, operation: str, reason: str, verb: str = "hold") -> None:
    async def talk(client: "LanewayClient") -> None:
        document = await client.tell(operation, verb, {"reason": reason})
        if call.output.json:
            call.output.document(document)
            return
        told = "stays until it is released" if verb == "hold" else "may go"
        call.output.say(Text.assemble(("✓", "green"), f" {clean(operation)} {told}"))

    call.run(talk)


# --- pruning -------------------------------------------------------------------------------------


async def _look(output: Output, database: Path) -> Exit:
    from laneway.core.retention import stays
    from laneway.runtime.environment import SystemClock
    from laneway.runtime.pruning import past_their_days
    from laneway_server import bootstrap

    now = SystemClock().now()
    async with bootstrap.survey(database) as survey:
        found = [each async for page in past_their_days(survey, now, _PAGE) for each in page]
    gone = [_going(each) for each in found if stays(each, now) is None]
    stay = [_staying(each, now) for each in found if stays(each, now) is not None]
    _show(output, gone, stay)
    return Exit.PASS


async def _prune(output: Output, store: "Store") -> Exit:
    from laneway.runtime.environment import SystemClock
    from laneway.runtime.pruning import Pruning, PruningSettings

    clock = SystemClock()
    lease = await store.claim("laneway prune", clock.now())
    remover = _Remover(store, lease)
    settings = PruningSettings(batch=_PAGE)
    counted = await Pruning(store.retention, remover, clock, settings).turn()
    plans = await store.retention.drop_plans(lease)
    if output.json:
        removed = {"events": counted.events, "artifacts": counted.artifacts, "plans": plans}
        output.document({"dry_run": False, "gone": remover.gone, "stay": [], "removed": removed})
        return Exit.PASS
    _say_gone(output, remover.gone)
    told = f" {_operations(len(remover.gone))} went, with {counted.events} events"
    output.say(Text.assemble(("✓", "green"), told))
    return Exit.PASS


class _Remover:
    """Removes, and remembers what went."""

    def __init__(self, store: "Store", lease: "Lease") -> None:
        self._store = store
        self._lease = lease
        self.gone: list[dict[str, Any]] = []

    async def prune(self, candidates: "Sequence[Candidate]", at: "Instant") -> "Removed":
        """Remove those that may go."""
        removed = await self._store.retention.prune(candidates, at, self._lease)
        went = {tombstone.operation_id for tombstone in removed.tombstones}
        self.gone += [_going(each) for each in candidates if each.id in went]
        return removed


def _going(candidate: "Candidate") -> dict[str, Any]:
    from laneway.core.retention import rule

    return _about(candidate) | {"rule": rule(candidate.retention)}


def _staying(candidate: "Candidate", now: "Instant") -> dict[str, Any]:
    from laneway.core.retention import stays

    limits = candidate.retention
    words = _BECAUSE[str(stays(candidate, now))].format(
        named_by=candidate.named_by, keep_days=limits.keep_days, keep_last=limits.keep_last
    )
    return _about(candidate) | {"stays": str(stays(candidate, now)), "because": words}


def _about(candidate: "Candidate") -> dict[str, Any]:
    return {
        "operation": candidate.id,
        "plan": candidate.plan,
        "lane": str(candidate.lane),
        "status": candidate.status,
        "finished_at": candidate.finished_at,
    }


def _show(output: Output, gone: list[dict[str, Any]], stay: list[dict[str, Any]]) -> None:
    if output.json:
        return output.document({"dry_run": True, "gone": gone, "stay": stay})
    _say_gone(output, gone)
    for each in stay:
        output.say(f"{_words(each)}  stays: it {clean(each['because'])}")
    told = f" {_operations(len(gone))} would go; {len(stay)} past their days stay"
    output.say(Text.assemble(("✓", "green"), told))
    return None


def _say_gone(output: Output, gone: list[dict[str, Any]]) -> None:
    for each in gone:
        output.say(f"{_words(each)}  goes: {clean(each['rule'])}")


def _words(each: dict[str, Any]) -> str:
    names = ("operation", "plan", "lane", "status", "finished_at")
    return "  ".join(clean(each[name]) for name in names)


def _operations(count: int) -> str:
    return "1 operation" if count == 1 else f"{count} operations"
