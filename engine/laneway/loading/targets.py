"""Target records: where each lane's product lives, what is expected there, and what its policy is.

They are the server's. A caller names a lane; provider ids, addresses and references to secrets come
from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from laneway.core.model import Lane
from laneway.core.targets import public

from .problems import PlanError, TargetsInvalid
from .schema import schema_findings
from .yaml import YamlDocument, YamlInvalid, read_yaml

__all__ = ["TargetRecords", "TargetsInvalid", "load_targets", "public"]

Target = dict[str, Any]


@dataclass(frozen=True)
class TargetRecords:
    """The target records of every lane; they are ``laneway.ports.environment.Targets``."""

    records: Mapping[Lane, Target]

    def target(self, lane: Lane) -> Target | None:
        """The target record of a lane, or None where there is none."""
        return self.records.get(lane)


def load_targets(text: str, file: str) -> TargetRecords:
    """Read target records from YAML.

    Raises:
        TargetsInvalid: with everything that is wrong, each at its place.
    """
    try:
        document = read_yaml(text)
    except YamlInvalid as invalid:
        error = PlanError(file, *invalid.place, invalid.code, invalid.message, invalid.hint)
        raise TargetsInvalid([error]) from None
    errors = [*_schema_errors(document, file)] or [*_repeated(document, file)]
    if errors:
        raise TargetsInvalid(errors)
    return TargetRecords({_lane(target): target for target in document.data["targets"]})


def _schema_errors(document: YamlDocument, file: str) -> Iterator[PlanError]:
    for finding in schema_findings("targets", document.data):
        place = document.key if finding.about_key else document.value
        yield PlanError(file, *place(finding.pointer), finding.code, finding.message, finding.hint)


def _repeated(document: YamlDocument, file: str) -> Iterator[PlanError]:
    first: dict[Lane, int] = {}
    for index, target in enumerate(document.data["targets"]):
        lane = _lane(target)
        earlier = first.setdefault(lane, index)
        if earlier != index:
            line = document.value(("targets", earlier)).line
            message = f"the lane {lane} already has a target record, on line {line}"
            place = document.value(("targets", index))
            yield PlanError(file, *place, "duplicate_lane", message, "keep one of the two")


def _lane(target: Mapping[str, Any]) -> Lane:
    return Lane(target["product"], target["context"], target["instance"])
