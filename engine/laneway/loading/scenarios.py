"""Scenario files: what ``laneway plan test`` plays, beside the plans that they are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from laneway.core.findings import Finding

from .documents import placed_all, read_as_schema_says, read_file
from .problems import FileInvalid
from .yaml import YamlDocument

ENDINGS = (".scenarios.yaml", ".scenarios.yml")


class ScenariosInvalid(FileInvalid):
    """Scenarios that cannot be played."""


@dataclass(frozen=True)
class LoadedScenarios:
    """A file of scenarios whose shape is right."""

    document: YamlDocument
    file: str

    @property
    def plan(self) -> str:
        """The name of the plan that they are about."""
        return str(self.document.data["plan"])

    def refuse(self, findings: Iterable[Finding]) -> None:
        """Put what was found wrong with them at its place.

        Raises:
            ScenariosInvalid: something was.
        """
        errors = placed_all(findings, self.document, self.file)
        if errors:
            raise ScenariosInvalid(errors)


def is_scenarios(file: Path) -> bool:
    """Whether a file holds scenarios, and no plan, by its name."""
    return file.name.endswith(ENDINGS)


def load_scenarios(file: Path) -> LoadedScenarios:
    """Read a file of scenarios.

    Raises:
        FileInvalid: it cannot be read, or is not as the JSON Schema says; with every mistake.
    """
    document = read_as_schema_says(read_file(file), str(file), "scenarios", ScenariosInvalid)
    return LoadedScenarios(document, str(file))
