"""The plans that paths name: read, checked, and compiled where they can be used."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import findings
from .exits import UsageError

if TYPE_CHECKING:
    from laneway.core.model import ActionSpec
    from laneway.loading.plans import LoadedPlan, PlanError

_ENDINGS = (".yaml", ".yml")


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """The plans' files that paths name: files as they are, folders by what is in them.

    Raises:
        UsageError: a path is not there, or a folder holds no plans.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if _is_plan(each))
            if not found:
                raise UsageError(f"{path} holds no plans: they end with .yaml or .yml")
            yield from found
        elif path.exists():
            yield path
        else:
            raise UsageError(f"{path} is not there")


def _is_plan(path: Path) -> bool:
    from laneway.loading.scenarios import is_scenarios

    return path.suffix in _ENDINGS and not is_scenarios(path)


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
        return findings.errors_in(self.findings)

    def _check(self, path: Path, specs: "Mapping[str, ActionSpec]") -> None:
        from laneway.loading.plans import PlanInvalid, load_plan

        try:
            loaded = load_plan(read(path), str(path), specs)
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


def read(path: Path) -> str:
    """The text of a plan's file.

    Raises:
        UsageError: it cannot be read.
        PlanInvalid: it is no text.
    """
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
