"""Plans and the scenarios beside them: found, read, checked, and played."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import findings
from .exits import UsageError
from .plan_files import Checked, files, read

if TYPE_CHECKING:
    from laneway.loading.plans import LoadedPlan
    from laneway.loading.problems import PlanError
    from laneway.loading.scenarios import LoadedScenarios
    from laneway.rehearsal.scenario import Scenario
    from laneway.rehearsal.suite import Suite


class Tested:
    """What came of the scenarios of plans.

    Attributes:
        findings: what is wrong with plans and scenarios, so that they could not be played.
        suites: each plan with its scenarios; a plan without any has a suite without results.
    """

    def __init__(self, paths: Sequence[Path], scripts: Sequence[Path] = ()) -> None:
        """Play them.

        Args:
            paths: plans, folders of them, or files of scenarios whose plans lie beside them.
            scripts: files of scenarios for the plans that are named, wherever they lie; without
                any, those beside the plans.
        """
        plans, only = _named(paths)
        self._scripts = list(scripts)
        checked = Checked(list(dict.fromkeys([*files(plans), *_beside(only)])))
        self.findings: list[PlanError] = [f for f in checked.findings if f.severity == "error"]
        self.suites: list[tuple[LoadedPlan, Suite]] = []
        loaded = list(self._loaded(checked.paths, only))
        for plan in checked.plans:
            self._play(plan, loaded)
        whole = [path for path in plans if path.is_dir()]
        self._without_plan(
            [each for each in loaded if only or scripts or Path(each.file).parent in whole]
        )

    @property
    def errors(self) -> int:
        """How many things are wrong with files."""
        return findings.errors_in(self.findings)

    @property
    def failed(self) -> int:
        """How many scenarios did not go as expected."""
        return sum(not result.passed for _, suite in self.suites for result in suite.results)

    def _loaded(self, plans: list[Path], only: list[Path]) -> Iterator["LoadedScenarios"]:
        from laneway.loading.problems import FileInvalid
        from laneway.loading.scenarios import load_scenarios

        for file in self._scripts or only or _in_folders_of(plans):
            try:
                yield load_scenarios(file)
            except FileInvalid as invalid:
                self.findings += invalid.errors

    def _play(self, plan: "LoadedPlan", loaded: list["LoadedScenarios"]) -> None:
        from laneway.loading.problems import FileInvalid
        from laneway.rehearsal.scenario import read_scenarios
        from laneway.rehearsal.scenario_findings import scenario_findings
        from laneway.rehearsal.suite import play_all

        scenarios: list[Scenario] = []
        for each in loaded:
            if not self._belong(plan, each):
                continue
            document = each.document.data
            try:
                each.refuse(scenario_findings(document, plan.compiled.plan))
            except FileInvalid as invalid:
                self.findings += invalid.errors
                return
            scenarios += read_scenarios(document)
        self.suites.append((plan, play_all(plan.compiled, scenarios)))

    def _belong(self, plan: "LoadedPlan", scenarios: "LoadedScenarios") -> bool:
        same_folder = Path(plan.file).parent == Path(scenarios.file).parent
        near = same_folder or bool(self._scripts)
        return near and plan.compiled.plan.name == scenarios.plan

    def _without_plan(self, loaded: list["LoadedScenarios"]) -> None:
        """Say which scenarios are of no plan; not where a plan is broken, and may be theirs."""
        from laneway.core.findings import Finding
        from laneway.loading.problems import FileInvalid

        for each in loaded:
            if self.errors or any(self._belong(plan, each) for plan, _ in self.suites):
                continue
            message = f"no plan in {Path(each.file).parent} is called {each.plan!r}"
            try:
                each.refuse([Finding("unknown_plan", message, ("plan",))])
            except FileInvalid as invalid:
                self.findings += invalid.errors


def _named(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Paths of plans, and files of scenarios that are named themselves."""
    from laneway.loading.scenarios import is_scenarios

    only = [path for path in paths if is_scenarios(path) and path.is_file()]
    return [path for path in paths if path not in only], only


def _beside(scenarios: list[Path]) -> Iterator[Path]:
    """The plans in the folders of scenarios that are theirs, by name."""
    from laneway.loading.scenarios import load_scenarios

    for file in scenarios:
        wanted = load_scenarios(file).plan
        yield from (each for each in files([file.parent]) if _name(each) == wanted)


def _name(file: Path) -> str:
    """The name of a file's plan, or empty where it has none."""
    from laneway.loading.problems import FileInvalid
    from laneway.loading.yaml import YamlInvalid, read_yaml

    try:
        document = read_yaml(read(file)).data
    except (FileInvalid, YamlInvalid):
        return ""
    return str(document.get("plan", "")) if isinstance(document, dict) else ""


def _in_folders_of(plans: list[Path]) -> list[Path]:
    """Every file of scenarios that lies beside a plan."""
    from laneway.loading.scenarios import is_scenarios

    folders = dict.fromkeys(path.parent for path in plans)
    return sorted(each for folder in folders for each in folder.iterdir() if is_scenarios(each))


def plan_in(path: Path) -> "LoadedPlan":
    """The one plan of a file.

    Raises:
        UsageError: it is not there, or cannot be used.
    """
    checked = Checked(list(files([path])))
    if not checked.plans:
        told = "; ".join(str(found) for found in checked.findings)
        raise UsageError(f"{path} cannot be rehearsed as it is: {told}")
    if len(checked.paths) > 1:
        raise UsageError(f"{path} holds {len(checked.paths)} plans: name one file")
    return checked.plans[0]
