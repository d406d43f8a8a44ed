"""Plans from YAML text: everything that is wrong at once, or a compiled plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from laneway.core.compile import CompiledPlan, compile_plan, plan_actions
from laneway.core.findings import Finding, Severity
from laneway.core.lazy import lazy
from laneway.core.model import ActionSpec
from laneway.core.proofs import prove
from laneway.core.schemas import Checker

from .documents import placed_all, read_document
from .problems import FileInvalid, PlanError, PlanInvalid, in_order
from .scenarios import is_scenarios
from .schema import schema_findings
from .yaml import read_yaml

__all__ = ["LoadedPlan", "PlanCatalog", "PlanError", "PlanInvalid", "load_folder", "load_plan"]

Actions = Mapping[str, ActionSpec]

_NOTHING: Mapping[str, Any] = {"type": "object", "additionalProperties": False}
"""What a plan that says nothing of its request accepts."""


@dataclass(frozen=True)
class LoadedPlan:
    """A plan that can be used; it is what ``laneway.ports.environment.OfferedPlan`` asks for.

    Attributes:
        actions: those that it names, as their drivers declare them.
        source: the YAML text.
        file: where it came from, as it is shown to people.
        warnings: what is doubtful about it.
    """

    compiled: CompiledPlan
    actions: Actions
    source: str
    file: str
    warnings: tuple[PlanError, ...] = ()

    def check_request(self, request: dict[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a request document: JSON pointers into it, each with a message."""
        found = self._checker.mistakes(request)
        return sorted((mistake.pointer, mistake.message) for mistake in found)

    @lazy
    def _checker(self) -> Checker:
        return Checker({"title": "the request", **(self.compiled.plan.request_schema or _NOTHING)})


@dataclass(frozen=True)
class PlanCatalog:
    """The plans of a folder: those that load by name, and the errors of the others by file.

    Attributes:
        texts: of the files with errors, as they were read.
    """

    plans: Mapping[str, LoadedPlan] = field(default_factory=dict)
    errors: Mapping[str, list[PlanError]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def offered(self, name: str) -> LoadedPlan | None:
        """The plan of that name, or None."""
        return self.plans.get(name)


def load_plan(text: str, file: str, actions: Actions) -> LoadedPlan:
    """Read, check and compile a plan.

    Args:
        text: YAML.
        file: its name in errors.
        actions: what the drivers offer, by ``action_id``.

    Raises:
        PlanInvalid: with everything that is wrong. A file that is no YAML has that one error.
    """
    document = read_document(text, file, PlanInvalid)
    found = placed_all(_findings(document.data, actions), document, file)
    if any(error.severity is Severity.ERROR for error in found):
        raise PlanInvalid(found)
    compiled = compile_plan(document.data, actions)
    named = {name: actions[name] for name in sorted(plan_actions(document.data))}
    return LoadedPlan(compiled, named, text, file, tuple(in_order(found)))


def load_folder(path: FilePath, actions: Actions) -> PlanCatalog:
    """Load every ``*.yaml`` and ``*.yml`` of a folder; a file that cannot be used stops no other.

    Scenarios (``*.scenarios.yaml``) may lie beside the plans, and are passed over. A name that two
    files use is an error of both, and neither is loaded.

    Raises:
        OSError: the folder or a file cannot be read.
    """
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is no folder")
    loaded: list[LoadedPlan] = []
    errors: dict[str, list[PlanError]] = {}
    texts: dict[str, str] = {}
    files = sorted((*path.glob("*.yaml"), *path.glob("*.yml")))
    for file in (file for file in files if not is_scenarios(file)):
        content = file.read_bytes()
        try:
            loaded.append(load_plan(_text(content, file), str(file), actions))
        except FileInvalid as invalid:
            errors[str(file)] = invalid.errors
            texts[str(file)] = content.decode(errors="replace")
    errors |= {error.file: [error] for error in _same_names(loaded)}
    plans = {each.compiled.plan.name: each for each in loaded if each.file not in errors}
    sources = {each.file: each.source for each in loaded if each.file in errors}
    return PlanCatalog(plans, errors, texts | sources)


def _text(content: bytes, file: FilePath) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8: {error.reason}"
        raise PlanInvalid([PlanError(str(file), line, 1, "not_utf8", message)]) from None


def _same_names(loaded: list[LoadedPlan]) -> Iterator[PlanError]:
    files: dict[str, list[LoadedPlan]] = {}
    for each in loaded:
        files.setdefault(each.compiled.plan.name, []).append(each)
    for name, several in files.items():
        for each in several if len(several) > 1 else ():
            others = ", ".join(other.file for other in several if other is not each)
            place = read_yaml(each.source).value(("plan",))
            message = f"the plan {name!r} is also in {others}"
            hint = "give one of them another name, or remove it"
            yield PlanError(each.file, *place, "duplicate_plan", message, hint)


def _findings(document: Any, actions: Actions) -> list[Finding]:
    """What the JSON Schema says, and what can be proved of what it accepts."""
    found = schema_findings("plan", document)
    if not isinstance(document, dict):
        return found
    doubtful = {str(f.pointer[1]) for f in found if f.pointer[:1] == ("phases",) and f.pointer[1:]}
    refused = [f.pointer for f in found if not f.about_key]
    proved = prove(document, actions, frozenset(doubtful))
    return found + [f for f in proved if not any(f.pointer[: len(r)] == r for r in refused)]
