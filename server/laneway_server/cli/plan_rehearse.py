"""``plan rehearse``: a plan run in virtual time, with simulated drivers; nothing is done."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec
import typer

from . import options, rehearsal_documents, rehearsal_report
from .exits import Exit, UsageError
from .output import Output
from .plan_scenarios import Tested, plan_in

if TYPE_CHECKING:
    from laneway.loading.plans import LoadedPlan
    from laneway.rehearsal.scenario import Scenario
    from laneway.rehearsal.setting import Setting
    from laneway.rehearsal.suite import Result

_HOW = "How"
_WITH = "With what"


def rehearse(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan's file.")],
    *,
    exhaustive: Annotated[
        bool,
        typer.Option(
            "--exhaustive",
            help="Walk every way through the plan, within bounds. This is what is done if nothing "
            "else is said. With --script, on that scenario's lane and with its request and "
            "evidence.",
            rich_help_panel=_HOW,
        ),
    ] = False,
    random: Annotated[
        int,
        typer.Option(
            "--random",
            metavar="N",
            min=0,
            max=1_000_000,
            help="Play N operations by chance, with durations.",
            rich_help_panel=_HOW,
        ),
    ] = 0,
    script: Annotated[
        Path | None,
        typer.Option(
            "--script",
            metavar="FILE",
            help="Play a file of scenarios, and tell their story.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="One scenario of the script.")
    ] = "",
    crashes: Annotated[
        bool, typer.Option("--crashes", help="Kill the engine, too, between any two commits.")
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="With --random: the same seed, the same.")
    ] = 1,
    chance: Annotated[
        list[str] | None,
        typer.Option(
            "--chance",
            metavar="WHAT=WEIGHT",
            help="With --random: how likely an answer is (pass=80), or what people do (approve, "
            "reject, nobody, cancel, pause, revoke, crash, held, unknown, no_answer, …).",
        ),
    ] = None,
    attempts: Annotated[
        int, typer.Option("--attempts", min=1, max=100, help="Rehearse so many of a phase's.")
    ] = 3,
    disturbances: Annotated[
        int,
        typer.Option(
            "--disturbances",
            min=0,
            max=10,
            help="How many crashes, pauses, ageing proofs, approvals taken back and "
            "reconciliations as `retry` there are on one way.",
        ),
    ] = 2,
    lane: Annotated[
        str | None,
        typer.Option(
            "--lane",
            metavar="LANE",
            help="product/context/instance. Left out, guards on it are taken both ways.",
            rich_help_panel=_WITH,
        ),
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(
            "--request",
            metavar="JSON",
            help="The request. Left out, it is made up, and guards on it are taken both ways.",
            rich_help_panel=_WITH,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="JSON",
            help="The target record's public fields. Left out, guards on them are taken both ways.",
            rich_help_panel=_WITH,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="As a dry run.", rich_help_panel=_WITH)
    ] = False,
    json: options.Json = False,
) -> None:
    """Run a plan in virtual time, with simulated drivers: what can become of an operation?

    At every commit it is looked at what must always hold: nothing destructive is done twice
    unasked, nothing begins before its proofs stand, no cancel is taken past the point of no return,
    and more. What does not hold is shown with a shortest way to it.

    Ends with 0 where all of it held, 1 where something did not (or, with --script, a scenario did
    not go as expected), and 2 where the plan cannot be rehearsed.
    """
    output = Output(json=json)
    given = _Given(lane, request, target, dry_run, crashes)
    try:
        plan = plan_in(file)
        played = _played(script, scenario, plan) if script else []
        if script and not exhaustive and not random:
            _tell_script(output, plan, played)
        named = played[0].scenario if played else None
        setting = given.setting(plan, named)
        if random:
            luck = _Luck(random, seed, _weights(chance or [], plan), crashes)
            _tell_random(output, plan, setting, luck)
        _tell_exhaustive(output, plan, setting, given, attempts, disturbances)
    except UsageError as error:
        output.error(str(error))
        raise typer.Exit(Exit.USAGE) from None


class _Given(msgspec.Struct, frozen=True):
    """What the command line says of the operation."""

    lane: str | None
    request: str | None
    target: str | None
    dry_run: bool
    crashes: bool

    def setting(self, plan: "LoadedPlan", scenario: "Scenario | None") -> "Setting":
        """What to rehearse with: what is said here, else what the scenario says.

        Raises:
            UsageError: it does not fit the plan, or no example of a request can be made up.
        """
        from laneway.core.model import Lane
        from laneway.rehearsal.examples import NoExample
        from laneway.rehearsal.setting import setting

        lane = Lane(**options.lane_parts(self.lane)) if self.lane else None
        request = _object(self.request, "--request")
        for pointer, message in plan.check_request(request) if request is not None else ():
            raise UsageError(f"--request: {pointer or 'it'} {message}")
        given: dict[str, Any] = {"lane": lane, "request": request}
        given["target"] = _object(self.target, "--target")
        if scenario is not None:
            said = {"lane": scenario.lane, "request": scenario.request, "target": scenario.target}
            given = {k: said[k] if v is None else v for k, v in given.items()}
            given["evidence"] = _evidence(scenario)
        try:
            return setting(plan.compiled.plan, dry_run=self.dry_run, **given)
        except NoExample as error:
            raise UsageError(f"no request can be made up ({error}): give --request") from None


class _Luck(msgspec.Struct, frozen=True):
    """What the command line says of chance."""

    operations: int
    seed: int
    weights: Mapping[str, float]
    crashes: bool


def _evidence(scenario: "Scenario") -> dict[str, dict[str, dict[str, Any]]]:
    """What a scenario's answers return, by phase and outcome: the first of each."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for phase, answers in scenario.answers.items():
        for answer in answers:
            if answer.evidence:
                found.setdefault(phase, {}).setdefault(answer.answer, answer.evidence)
    return found


def _object(text: str | None, option: str) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise UsageError(f"{option} is no JSON object: {error}") from None


def _weights(said: list[str], plan: "LoadedPlan") -> Mapping[str, float]:
    from laneway.core.names import nearest
    from laneway.rehearsal.chance import WEIGHTS

    outcomes = (phase.action.outcomes for phase in plan.compiled.plan.action_phases())
    known = set(WEIGHTS).union(*outcomes)
    weights: dict[str, float] = {}
    for each in said:
        name, sign, number = each.partition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            sign = ""
        if not sign or not 0 <= weights[name] < float("inf"):
            raise UsageError(f"--chance {each!r} is not WHAT=WEIGHT, such as pass=80")
        if name not in known:
            raise UsageError(f"--chance: nothing is called {name!r} {nearest(name, known)}".strip())
    return weights


def _played(script: Path, name: str, plan: "LoadedPlan") -> "list[Result]":
    """The scenarios of a script, as they were played.

    Raises:
        UsageError: they cannot be, or there is none of that name.
    """
    tested = Tested([Path(plan.file)], scripts=[script])
    if tested.findings:
        raise UsageError("\n".join(map(str, tested.findings)))
    results = [result for _, suite in tested.suites for result in suite.results]
    if name:
        results = [result for result in results if result.scenario.name == name]
    if not results:
        raise UsageError(f"{script} has no scenario {name!r}" if name else f"{script} has none")
    return results


def _tell_script(output: Output, plan: "LoadedPlan", played: "list[Result]") -> NoReturn:
    if output.json:
        output.document(rehearsal_documents.script(plan, played))
    else:
        rehearsal_report.script(output, plan, played)
    raise typer.Exit(Exit.PASS if all(result.passed for result in played) else Exit.FAIL)


def _tell_random(
    output: Output,
    plan: "LoadedPlan",
    setting: "Setting",
    luck: "_Luck",
) -> NoReturn:
    from laneway.rehearsal.chance import sample

    begun = time.monotonic()
    sampled = sample(
        plan.compiled,
        setting,
        operations=luck.operations,
        seed=luck.seed,
        crashes=luck.crashes,
        weights=luck.weights,
    )
    took = time.monotonic() - begun
    if output.json:
        output.document(rehearsal_documents.chance(plan, sampled, luck.seed, took))
    else:
        rehearsal_report.chance(output, plan, sampled, luck.seed, took)
    raise typer.Exit(Exit.FAIL if sampled.breaches else Exit.PASS)


def _tell_exhaustive(
    output: Output,
    plan: "LoadedPlan",
    setting: "Setting",
    given: _Given,
    attempts: int,
    disturbances: int,
) -> NoReturn:
    from laneway.rehearsal.bounds import Bounds
    from laneway.rehearsal.rehearse import rehearse as every_way

    bounds = Bounds(attempts=attempts, disturbances=disturbances)
    begun = time.monotonic()
    rehearsed = every_way(plan.compiled, setting, bounds, crashes=given.crashes)
    took = time.monotonic() - begun
    if output.json:
        output.document(
            rehearsal_documents.exhaustive(plan, rehearsed, took, crashes=given.crashes)
        )
    else:
        rehearsal_report.exhaustive(output, plan, rehearsed, took, crashes=given.crashes)
    raise typer.Exit(Exit.PASS if rehearsed.holds else Exit.FAIL)
