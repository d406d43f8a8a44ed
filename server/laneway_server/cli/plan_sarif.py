"""Findings as SARIF 2.1.0 (OASIS), which code scanners and editors take."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from laneway import __version__

from .output import Output
from .plan_files import Checked

if TYPE_CHECKING:
    from laneway.core.proofs import Rule
    from laneway.loading.plans import PlanError
    from laneway.loading.problems import PlacedStep

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

Document = dict[str, Any]


def tell(output: Output, checked: Checked) -> None:
    """Print the log of one run."""
    output.document(log(checked))


def log(checked: Checked) -> Document:
    """The log: every rule, and a result for each finding; its way is a code flow."""
    from laneway.loading.rules import RULES

    numbers = {code: number for number, code in enumerate(RULES)}
    driver = {
        "name": "laneway",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in RULES.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(str(path))} for path in checked.paths],
        "results": [_result(found, numbers[found.code]) for found in checked.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: "Rule") -> Document:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.meaning},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _result(found: "PlanError", number: int) -> Document:
    message = f"{found.message} — {found.hint}" if found.hint else found.message
    result = {
        "ruleId": found.code,
        "ruleIndex": number,
        "level": str(found.severity),
        "message": {"text": message},
        "locations": [_location(found.file, found.line, found.column)],
    }
    return {**result, "codeFlows": [_flow(found)]} if found.witness else result


def _flow(found: "PlanError") -> Document:
    steps = [{"location": _step(found.file, step)} for step in found.witness]
    return {"message": {"text": found.way}, "threadFlows": [{"locations": steps}]}


def _step(file: str, step: "PlacedStep") -> Document:
    told = f"{step.phase} ends as {step.outcome}" if step.outcome else step.phase
    place = _location(file, step.line, step.column) if step.line else {}
    return {**place, "message": {"text": told}}


def _location(file: str, line: int, column: int) -> Document:
    region = {"startLine": line, "startColumn": column}
    return {"physicalLocation": {"artifactLocation": _artifact(file), "region": region}}


def _artifact(file: str) -> Document:
    """Relative paths stay so: a scanner takes them as within the repository."""
    path = Path(file)
    return {"uri": path.as_uri() if path.is_absolute() else quote(PurePath(file).as_posix())}
