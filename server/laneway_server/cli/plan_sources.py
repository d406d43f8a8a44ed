"""Where the plans come from that commands show: files, a server, or a database without a server."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import findings
from .calls import Call
from .database import use_store
from .exits import Exit, UsageError
from .output import Output
from .plan_files import read

if TYPE_CHECKING:
    from laneway.core.compile import CompiledPlan
    from laneway.core.model import Plan
    from laneway.loading.problems import PlanError
    from laneway.ports.store import OperationRow, Store
    from laneway_server.client import LanewayClient

Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE|NAME[@VERSION]",
        help="A plan's file (- is standard input), or a plan of the server or database.",
    ),
]
Database = Annotated[
    Path | None,
    typer.Option(
        "--database",
        metavar="FILE",
        help="Read this database instead of asking a server; no server may have it open.",
    ),
]

_PAGE = 200
_ENDINGS = (".yaml", ".yml")

Use = Callable[[Sequence["Plan"]], Exit]
"""What a command does with its plans; returns how it ends."""


class PlanUnusable(Exception):
    """A file holds no plan that can be used; ``found`` says why."""

    def __init__(self, found: Sequence["PlanError"]) -> None:
        super().__init__("the plan cannot be used")
        self.found = found


def with_plans(call: Call, sources: Sequence[str], database: Path | None, use: Use) -> None:
    """Get plans, use them, and end the command as ``use`` says.

    Raises:
        typer.Exit: always, but where all is well.
    """
    if all(map(is_file, sources)):
        code = told(call.output, lambda: use([from_file(each) for each in sources]))
    elif database is not None:
        return use_store(
            call.output,
            database,
            lambda store: _using(call.output, sources, lambda each: _stored(store, each), use),
            migrate=False,
        )
    else:
        return call.run(
            lambda client: _using(call.output, sources, lambda each: _asked(client, each), use)
        )
    if code is not Exit.PASS:
        raise typer.Exit(code)
    return None


async def _using(
    output: Output, sources: Sequence[str], get: Callable[[str], Awaitable["Plan"]], use: Use
) -> Exit:
    try:
        plans = [from_file(each) if is_file(each) else await get(each) for each in sources]
    except (UsageError, PlanUnusable) as error:
        return _unusable(output, error)
    return use(plans)


def told(output: Output, work: Callable[[], Exit]) -> Exit:
    """Do something with files; say what is wrong with them."""
    try:
        return work()
    except (UsageError, PlanUnusable) as error:
        return _unusable(output, error)


def _unusable(output: Output, error: UsageError | PlanUnusable) -> Exit:
    if isinstance(error, PlanUnusable):
        for found in error.found:
            output.warn(findings.line(found))
    else:
        output.error(str(error))
    return Exit.USAGE


# --- files ---------------------------------------------------------------------------------------


def is_file(source: str) -> bool:
    """Whether a source is a file, rather than a plan's name."""
    path = source == "-" or "/" in source or source.endswith(_ENDINGS)
    return path or Path(source).is_file()


def from_file(source: str) -> "Plan":
    """A file's plan.

    Raises:
        PlanUnusable: it has errors.
        UsageError: it cannot be read.
    """
    from laneway.loading.plans import PlanInvalid, load_plan
    from laneway_server.bootstrap import action_specs

    try:
        text = sys.stdin.read() if source == "-" else read(Path(source))
        return load_plan(text, source, action_specs()).compiled.plan
    except PlanInvalid as invalid:
        raise PlanUnusable(invalid.errors) from None


# --- a server ------------------------------------------------------------------------------------


def _named(source: str) -> tuple[str, int | None]:
    name, at, version = source.partition("@")
    if at and not version.isdecimal():
        raise UsageError(f"{source!r} is no plan's version; one looks like {name}@3")
    return name, int(version) if at else None


async def _asked(client: "LanewayClient", source: str) -> "Plan":
    name, version = _named(source)
    found = await client.plan(name)
    plan = compiled(found["document"], await client.drivers()).plan
    if version not in (None, plan.version):
        raise UsageError(
            f"the server offers version {plan.version} of {name}; an older one is in its "
            "database, where an operation was accepted under it: --database"
        )
    return plan


def compiled(document: Any, drivers: Any) -> "CompiledPlan":
    """A plan as a server tells it, with the actions of the server's drivers.

    Raises:
        UsageError: it is none, as far as this version of Laneway can tell.
    """
    import msgspec

    from laneway.core.compile import UnknownAction, compile_plan
    from laneway.core.expressions import ExpressionInvalid
    from laneway.core.model import ActionSpec

    try:
        told = [action for driver in drivers["drivers"] for action in driver["actions"]]
        renamed = [
            {**each, "parameters": each["input_schema"], "evidence": each["output_schema"]}
            for each in told
        ]
        specs = msgspec.convert(renamed, list[ActionSpec])
        return compile_plan(document, {spec.action_id: spec for spec in specs})
    except (msgspec.ValidationError, LookupError, TypeError) as error:
        raise UsageError(f"what the server sent is no plan: {error}") from error
    except (UnknownAction, ExpressionInvalid) as error:
        raise UsageError(f"the server's plan cannot be read here: {error}") from error


# --- a database ----------------------------------------------------------------------------------


async def _stored(store: "Store", source: str) -> "Plan":
    from laneway.core.compile import compile_plan

    name, version = _named(source)
    row = await _under(store, name, version)
    kept = None if row is None else await store.plan(row.plan_digest)
    if kept is None:
        which = name if version is None else f"version {version} of {name}"
        raise UsageError(f"no operation in the database was accepted under {which}")
    return compile_plan(kept.document, kept.actions).plan


async def _under(store: "Store", name: str, version: int | None) -> "OperationRow | None":
    """The newest operation of a plan, and of a version of it where one is named."""
    from laneway.ports.store import OperationFilter

    before: str | None = None
    while page := await store.operations(OperationFilter(plan=name), _PAGE, before):
        for row in page:
            if version in (None, row.plan_version):
                return row
        before = page[-1].id
    return None
