"""``plan test``: the scenarios beside plans, played in virtual time; and what they do not cover."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from . import findings, options
from .exits import Exit, UsageError
from .output import Output
from .plan_scenarios import Tested
from .rehearsal_lines import length, mismatch_lines
from .text import clean

if TYPE_CHECKING:
    from laneway.loading.plans import LoadedPlan
    from laneway.rehearsal.suite import Result, Suite

HERE = Path("plans")
"""The folder whose plans are tested where none are named."""


def play(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PLANS]...",
            help="Plans, folders of plans, or files of scenarios. Left out: the folder `plans`.",
        ),
    ] = None,
    *,
    min_coverage: Annotated[
        float,
        typer.Option(
            "--min-coverage",
            metavar="PERCENT",
            min=0,
            max=100,
            help="Fail where less of a plan's transitions is covered.",
        ),
    ] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only what is not as expected.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Play the scenarios beside plans (*.scenarios.yaml): does each go as it is expected to?

    Nothing is done to the world: drivers are simulated, and time is virtual. Of each plan it is
    said which transitions no scenario takes.

    Ends with 0 where all go as expected, 1 where one does not or too little is covered, and 2 where
    there is nothing to test.
    """
    output = Output(json=json)
    try:
        tested = _tested(paths or [HERE])
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None
    lacking = [suite for _, suite in tested.suites if suite.coverage < min_coverage]
    if json:
        output.document(_document(tested))
    else:
        _tell(output, tested, min_coverage, quiet=quiet)
    if tested.errors or tested.failed or lacking:
        raise typer.Exit(Exit.FAIL)


def _tested(paths: list[Path]) -> Tested:
    from laneway.loading.problems import FileInvalid

    try:
        return Tested(paths)
    except FileInvalid as invalid:
        raise UsageError(str(invalid)) from None


# --- for people ----------------------------------------------------------------------------------


def _tell(output: Output, tested: Tested, min_coverage: float, *, quiet: bool) -> None:
    for found in tested.findings:
        output.say(findings.line(found))
    if tested.findings:
        output.say()
    for plan, suite in tested.suites:
        failed = any(not result.passed for result in suite.results)
        if not quiet or failed or suite.coverage < min_coverage:
            _tell_suite(output, plan, suite, min_coverage, quiet=quiet)
    output.say(_summary(tested, min_coverage))


def _tell_suite(
    output: Output, plan: "LoadedPlan", suite: "Suite", min_coverage: float, *, quiet: bool
) -> None:
    name = clean(plan.compiled.plan.name)
    output.say(
        Text.assemble((name, "bold"), f" · {findings.count(len(suite.results), 'scenario')}")
    )
    for result in suite.results:
        if quiet and result.passed:
            continue
        output.say(_line(result))
        for line in mismatch_lines(result.mismatches):
            output.say(line)
    enough = suite.coverage >= min_coverage
    style = "green" if not suite.missing else "yellow" if enough else "bold red"
    output.say(Text(f"  coverage {_percent(suite)}", style=style))
    for each in suite.missing:
        output.say(Text(f"    not covered: {clean(each)}", style=style))
    output.say()


def _line(result: "Result") -> Text:
    sign = ("✓", "green") if result.passed else ("✗", "bold red")
    took = length(result.play.duration) if result.play else ""
    return Text.assemble("  ", sign, f" {clean(result.scenario.name)}", (f"  {took}", "dim"))


def _percent(suite: "Suite") -> str:
    """Rounded down, so that only what is covered wholly is said to be."""
    from laneway.rehearsal.coverage import to_cover

    total = len(to_cover(suite.plan))
    return (
        f"{int(suite.coverage)}% · {total - len(suite.missing)} of {total} transitions and results"
    )


def _summary(tested: Tested, min_coverage: float) -> Text:
    results = [result for _, suite in tested.suites for result in suite.results]
    lacking = sum(suite.coverage < min_coverage for _, suite in tested.suites)
    wrong = [
        *([findings.count(tested.errors, "error")] if tested.errors else []),
        *([f"{tested.failed} failed"] if tested.failed else []),
        *([f"{findings.count(lacking, 'plan')} covered too little"] if lacking else []),
    ]
    sign = ("✗", "bold red") if wrong else ("✓", "green")
    passed = len(results) - tested.failed
    plans = findings.count(len(tested.suites), "plan")
    told = f" {plans}: {findings.count(passed, 'scenario')} passed"
    return Text.assemble(sign, ", ".join([told, *wrong]))


# --- for programs --------------------------------------------------------------------------------


def _document(tested: Tested) -> dict[str, Any]:
    return {
        "plans": [_suite(plan, suite) for plan, suite in tested.suites],
        "failed": tested.failed,
        **findings.as_document(tested.findings),
    }


def _suite(plan: "LoadedPlan", suite: "Suite") -> dict[str, Any]:
    return {
        "plan": suite.plan.name,
        "version": suite.plan.version,
        "file": plan.file,
        "scenarios": [_result(result) for result in suite.results],
        "coverage": {
            "percent": suite.coverage,
            "missing": [
                {"phase": m.phase, "outcome": m.outcome, "to": m.to or None, "when": m.when}
                for m in suite.missing
            ],
        },
    }


def _result(result: "Result") -> dict[str, Any]:
    from laneway.rehearsal.judge import path

    play = result.play
    return {
        "name": result.scenario.name,
        "passed": result.passed,
        "status": str(play.scene.run.status) if play else None,
        "duration_ms": play.duration if play else None,
        "path": list(path(play)) if play else [],
        "mismatches": [
            {"what": m.what, "expected": m.expected, "found": m.found} for m in result.mismatches
        ],
    }
