"""Target records: where each lane's product lives, what is expected there, and what its policy is.

They are the server's. A caller names a lane; provider ids, addresses and references to secrets come
from here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from laneway.core.findings import Finding
from laneway.core.model import Lane
from laneway.core.targets import public

from .documents import placed_all, read_as_schema_says
from .problems import TargetsInvalid
from .yaml import YamlDocument

__all__ = ["TargetRecords", "TargetsInvalid", "load_targets", "public"]

Target = dict[str, Any]


@dataclass(frozen=True)
class TargetRecords:
    """The target records of every lane; they are ``laneway.ports.environment.Targets``."""

    records: Mapping[Lane, Target]

    def lanes(self) -> Collection[Lane]:
        """The lanes that have a record."""
        return self.records.keys()

    def target(self, lane: Lane) -> Target | None:
        """The target record of a lane, or None where there is none."""
        return self.records.get(lane)


def load_targets(text: str, file: str) -> TargetRecords:
    """Read target records from YAML.

    Raises:
        TargetsInvalid: with everything that is wrong, each at its place.
    """
    document = read_as_schema_says(text, file, "targets", TargetsInvalid)
    errors = placed_all(_repeated(document), document, file)
    if errors:
        raise TargetsInvalid(errors)
    return TargetRecords({_lane(target): target for target in document.data["targets"]})


def _repeated(document: YamlDocument) -> Iterator[Finding]:
    first: dict[Lane, int] = {}
    for index, target in enumerate(document.data["targets"]):
        lane = _lane(target)
        earlier = first.setdefault(lane, index)
        if earlier != index:
            line = document.value(("targets", earlier)).line
            message = f"the lane {lane} already has a target record, on line {line}"
            yield Finding("duplicate_lane", message, ("targets", index), "keep one of the two")


def _lane(target: Mapping[str, Any]) -> Lane:
    return Lane(target["product"], target["context"], target["instance"])
