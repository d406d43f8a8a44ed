"""``plan check``: everything that is wrong with plans, by file, line and column."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from . import options
from .exits import Exit, UsageError
from .output import Output
from .text import clean

if TYPE_CHECKING:
    from laneway.core.model import ActionSpec
    from laneway.loading.plans import LoadedPlan, PlanError

commands = typer.Typer(no_args_is_help=True, help="Work with plans, before a server loads them.")

_ENDINGS = (".yaml", ".yml")
_STYLES = {"error": "bold red", "warning": "yellow"}


@commands.callback()
def _group() -> None:
    """Keep ``plan check`` a command of a group, also while it is the only one."""


@commands.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files with plans, or folders of such files."),
    ],
    *,
    json: options.Json = False,
) -> None:
    """Check plans: print everything that is wrong with them, at its file, line and column.

    Ends with 0 where every plan can be used (there may be warnings), 1 where one cannot, and 2
    where there is nothing to check.
    """
    output = Output(json=json)
    try:
        checked = Checked(list(files(paths)))
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    _print(output, checked)
    if checked.errors:
        raise typer.Exit(Exit.FAIL)


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """The plans' files that paths name: files as they are, folders by what is in them.

    Raises:
        UsageError: a path is not there, or a folder holds no plans.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix in _ENDINGS)
            if not found:
                raise UsageError(f"{path} holds no plans: they end with .yaml or .yml")
            yield from found
        elif path.exists():
            yield path
        else:
            raise UsageError(f"{path} is not there")


class Checked:
    """What was found out about files.

    Attributes:
        plans: those that can be used.
        findings: all errors and warnings, by file, and by place within it.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        from laneway_server.bootstrap import action_specs

        self.paths = list(dict.fromkeys(paths))
        self.plans: list[LoadedPlan] = []
        self.findings: list[PlanError] = []
        specs = action_specs()
        for path in self.paths:
            self._check(path, specs)

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(1 for found in self.findings if found.severity == "error")

    def _check(self, path: Path, specs: "Mapping[str, ActionSpec]") -> None:
        from laneway.loading.plans import PlanInvalid, load_plan

        try:
            loaded = load_plan(_read(path), str(path), specs)
        except PlanInvalid as invalid:
            self.findings += invalid.errors
            return
        self.findings += [*loaded.warnings, *self._namesakes(loaded)]
        self.plans.append(loaded)

    def _namesakes(self, loaded: "LoadedPlan") -> Iterator["PlanError"]:
        from laneway.loading.plans import PlanError
        from laneway.loading.yaml import read_yaml

        name = loaded.compiled.plan.name
        for other in self.plans:
            if other.compiled.plan.name == name:
                told = f"the plan {name!r} is also in {other.file}"
                hint = "give one of them another name, or check them apart"
                place = read_yaml(loaded.source).value(("plan",))
                yield PlanError(loaded.file, *place, "duplicate_plan", told, hint)


def _read(path: Path) -> str:
    from laneway.loading.plans import PlanError, PlanInvalid

    try:
        content = path.read_bytes()
        return content.decode()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        told = f"not UTF-8: {error.reason}"
        raise PlanInvalid([PlanError(str(path), line, 1, "not_utf8", told)]) from None


def _print(output: Output, checked: Checked) -> None:
    if output.json:
        return output.document(document(checked))
    for found in checked.findings:
        output.say(_line(found))
    if checked.findings:
        output.say()
    output.say(summary(checked))
    return None


def _line(found: "PlanError") -> Text:
    severity = str(found.severity)
    line = Text.assemble(
        (f"{clean(found.file)}:{found.line}:{found.column}", "bold"),
        ": ",
        (severity, _STYLES.get(severity, "")),
        f": {clean(found.message)}",
    )
    return line.append(f" — {clean(found.hint)}", style="cyan") if found.hint else line


def summary(checked: Checked) -> Text:
    """``✗ 3 plans checked: 2 errors, 1 warning``."""
    warnings = len(checked.findings) - checked.errors
    counted = [_count(checked.errors, "error"), _count(warnings, "warning")]
    told = f" {_count(len(checked.paths), 'plan')} checked: {', '.join(counted)}"
    sign = ("✗", "bold red") if checked.errors else ("✓", "green")
    return Text.assemble(sign, told)


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def document(checked: Checked) -> dict[str, Any]:
    """What was found out, for programs."""
    return {
        "files": [str(path) for path in checked.paths],
        "plans": [_plan(loaded) for loaded in checked.plans],
        "findings": [_finding(found) for found in checked.findings],
        "errors": checked.errors,
        "warnings": len(checked.findings) - checked.errors,
    }


def _plan(loaded: "LoadedPlan") -> dict[str, Any]:
    plan = loaded.compiled.plan
    return {
        "file": loaded.file,
        "name": plan.name,
        "version": plan.version,
        "digest": plan.digest,
    }


def _finding(found: "PlanError") -> dict[str, Any]:
    return {
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "severity": str(found.severity),
        "code": found.code,
        "message": found.message,
        "hint": found.hint,
    }
