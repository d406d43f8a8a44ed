"""``access check`` and ``access explain``: what is wrong with an access file, what it allows."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from . import access_question, findings, options
from .exits import Exit, UsageError
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.core.events import Actor
    from laneway.loading.problems import PlanError
    from laneway_server.access.loading import LoadedAccess
    from laneway_server.access.policy import Explanation, RuleAnswer
    from laneway_server.access.ruling import Question

commands = typer.Typer(
    no_args_is_help=True, help="Work with access files, before a server goes by them."
)

Plans = Annotated[
    Path | None, typer.Option("--plans", metavar="DIR", help="The folder with the server's plans.")
]


@commands.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Access files.")],
    *,
    plans: Plans = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
    json: options.Json = False,
) -> None:
    """Check access files: errors, and rules that are wider than they look.

    With --plans, the names of plans and roles are checked too, and whether the rules allow all that
    the plans they name can reach. Ends with 0 where every file can be used, 1 where one cannot (or,
    with --strict, where there is a warning), and 2 where there is nothing to check.
    """
    output = Output(json=json)
    try:
        checked = _Checked(list(dict.fromkeys(paths)), plans)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    checked.show(output)
    if findings.errors_in(checked.found) or (strict and checked.found):
        raise typer.Exit(Exit.FAIL)


@commands.command()
def explain(
    file: Annotated[Path, typer.Option("--access", metavar="FILE", help="The access file.")],
    who: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="CLAIMS",
            help="Who: a file with a token's claims as JSON (`-`: standard input), an actor of the "
            "audit log likewise, or the name of a static token.",
        ),
    ],
    do: Annotated[
        str, typer.Option("--do", metavar="ACT", help="What, such as submit or approve.")
    ],
    *,
    plan: Annotated[str | None, typer.Option("--plan", metavar="PLAN", help="Which plan.")] = None,
    lane: Annotated[
        str | None, typer.Option("--lane", metavar="LANE", help="Where: product/context/instance.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", metavar="ROLE", help="Approve as what; else the plan's only role."),
    ] = None,
    plans: Plans = None,
    json: options.Json = False,
) -> None:
    """Say whether an access file lets somebody do something, and which rule decides.

    Where none does, it says which comes closest, and for every rule the first thing that does not
    match. Ends with 0 where it is allowed, 1 where it is denied, and 2 where the question is wrong.
    """
    output = Output(json=json)
    try:
        explained = _Explained(file, who, do, plan=plan, lane=lane, role=role, plans=plans)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    explained.show(output)
    if not explained.found.verdict.allowed:
        raise typer.Exit(Exit.FAIL)


# --- check ---------------------------------------------------------------------------------------


class _Checked:
    """What was found out about files."""

    def __init__(self, paths: list[Path], plans: Path | None) -> None:
        self.paths = paths
        self.usable: list[LoadedAccess] = []
        self.found: list[PlanError] = []
        known = access_question.known(plans)
        for path in paths:
            self._check(path, known)

    def _check(self, path: Path, known: Any) -> None:
        from laneway.core.instants import instant
        from laneway.loading.problems import FileInvalid
        from laneway_server.access.loading import read_access
        from laneway_server.access.warnings import warnings

        if not path.is_file():
            raise UsageError(f"{path} is no file" if path.exists() else f"{path} is not there")
        try:
            loaded = read_access(path)
        except FileInvalid as invalid:
            self.found += invalid.errors
            return
        now = instant(datetime.now(UTC))
        self.found += loaded.placed([*warnings(loaded.document, known, now)])
        self.usable.append(loaded)

    def show(self, output: Output) -> None:
        """Print it."""
        if output.json:
            return output.document(self.document())
        for found in self.found:
            output.say(findings.line(found))
        if self.found:
            output.say()
        output.say(findings.summary(len(self.paths), "access file", self.found))
        return None

    def document(self) -> dict[str, Any]:
        """It, for programs."""
        return {
            "files": [str(path) for path in self.paths],
            "policies": [
                {
                    "file": loaded.file,
                    "policy": loaded.document.digest,
                    "rules": [rule.name for rule in loaded.document.rules],
                }
                for loaded in self.usable
            ],
            **findings.as_document(self.found),
        }


# --- explain -------------------------------------------------------------------------------------


class _Explained:
    """A question and what an access file says to it."""

    def __init__(self, file: Path, who: str, do: str, *, plans: Path | None, **about: Any) -> None:
        from laneway.loading.problems import FileInvalid
        from laneway_server.access.loading import read_access
        from laneway_server.access.policy import Policy

        try:
            self.loaded = read_access(file)
        except FileInvalid as invalid:
            raise UsageError(str(invalid)) from None
        self.actor: Actor = access_question.actor(who, self.loaded.document, sys.stdin.read)
        self.question: Question = access_question.question(
            do, about["plan"], about["lane"], about["role"], lambda: access_question.catalog(plans)
        )
        self.found: Explanation = Policy(self.loaded.document).explain(self.actor, self.question)

    def show(self, output: Output) -> None:
        """Print it."""
        if output.json:
            return output.document(self.document())
        allowed = self.found.verdict.allowed
        sign = ("✓ allowed", "bold green") if allowed else ("✗ denied", "bold red")
        output.say(Text.assemble(sign, f": {self._asked()}"))
        for line in self._because():
            output.say(Text(f"  {line}"))
        if self.found.answers:
            output.say()
            output.show(self._table())
        return None

    def _asked(self) -> str:
        """``token:ci may submit odoo-stable-bootstrap on odoo/cm/testing``."""
        question = self.question
        may = "may" if self.found.verdict.allowed else "may not"
        parts = [clean(self.actor.subject), may, str(question.act), clean(question.plan)]
        parts += [f"on {question.lane}"] if question.lane else []
        parts += [f"as {clean(question.role)}"] if question.role else []
        return " ".join(filter(None, parts))

    def _because(self) -> Iterator[str]:
        names = self.found.verdict.rules
        for answer in self.found.answers:
            if answer.rule.name in names:
                yield f"by the rule {answer.rule.name}, {self._place(answer)}"
        if self.found.disbelieved:
            yield self.found.disbelieved
        closest = self.found.closest
        if closest is not None and closest.miss is not None:
            yield f"the rule {closest.rule.name} comes closest, {self._place(closest)}:"
            yield f"{closest.miss.condition}: {clean(closest.miss.told)}"

    def _place(self, answer: "RuleAnswer") -> str:
        index = self.loaded.document.rules.index(answer.rule)
        place = self.loaded.yaml.value(("rules", index))
        return f"{clean(self.loaded.file)}:{place.line}:{place.column}"

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for name in ("rule", "condition", "why not"):
            table.add_column(name, overflow="fold", header_style="bold")
        for answer in self.found.answers:
            miss = answer.miss
            told = (miss.condition, clean(miss.told)) if miss else ("", "it allows it")
            table.add_row(answer.rule.name, *told)
        return table

    def document(self) -> dict[str, Any]:
        """It, for programs."""
        verdict, closest = self.found.verdict, self.found.closest
        return {
            "allowed": verdict.allowed,
            "rules": verdict.rules,
            "policy": verdict.policy,
            "reason": verdict.reason,
            "disbelieved": self.found.disbelieved or None,
            "closest": closest.rule.name if closest else None,
            "caller": self.actor,
            "question": self.question,
            "answers": [_answer(answer) for answer in self.found.answers],
        }


def _answer(answer: "RuleAnswer") -> dict[str, Any]:
    miss = answer.miss
    return {
        "rule": answer.rule.name,
        "allows": miss is None,
        "condition": miss.condition if miss else None,
        "told": miss.told if miss else None,
    }
