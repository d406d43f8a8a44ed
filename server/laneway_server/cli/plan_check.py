"""``plan check``: what is wrong or suspicious in plans, and a way through them that shows it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import options, plan_annotations, plan_explain, plan_report, plan_sarif
from .exits import Exit, UsageError
from .output import Output
from .plan_files import Checked, files


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Files with plans, or folders of such files."),
    ] = None,
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="text for people; json; sarif (2.1.0), which code scanners take; "
            "github, the annotations of a workflow.",
        ),
    ] = Format.TEXT,
    json: options.Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="CODE", help="Say what a code means and what to do; `all` of them."
        ),
    ] = None,
) -> None:
    """Prove plans before they run: print what is wrong, and a way through the plan that shows it.

    Of plans that can be used, the longest way and the worst case are printed, and from where on
    there is no return.

    Ends with 0 where every plan can be used (there may be warnings), 1 where one cannot or, with
    --strict, where there are warnings, and 2 where there is nothing to check.
    """
    output = Output(json=json or form is not Format.TEXT)
    try:
        if explain is not None:
            return plan_explain.tell(Output(json=json), explain)
        checked = Checked(list(files(_some(paths))))
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    _PRINT[Format.JSON if json else form](output, checked)
    if checked.errors or (strict and checked.findings):
        raise typer.Exit(Exit.FAIL)
    return None


def _some(paths: list[Path] | None) -> list[Path]:
    if not paths:
        raise UsageError("name the plans to check: files, or folders of files")
    return paths


_PRINT: Mapping[Format, Callable[[Output, Checked], None]] = {
    Format.TEXT: plan_report.tell,
    Format.JSON: plan_report.tell_programs,
    Format.SARIF: plan_sarif.tell,
    Format.GITHUB: plan_annotations.tell,
}
