"""What is wrong with files, as the ``check`` commands show it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from .text import clean

if TYPE_CHECKING:
    from laneway.loading.problems import PlanError

_STYLES = {"error": "bold red", "warning": "yellow"}


def errors_in(findings: Sequence["PlanError"]) -> int:
    """How many of the findings are errors; the others are warnings."""
    return sum(1 for found in findings if found.severity == "error")


def line(found: "PlanError") -> Text:
    """``FILE:12:3: error: what is wrong — what to do``, as editors and terminals follow it."""
    severity = str(found.severity)
    told = Text.assemble(
        (f"{clean(found.file)}:{found.line}:{found.column}", "bold"),
        ": ",
        (severity, _STYLES.get(severity, "")),
        f": {clean(found.message)}",
    )
    return told.append(f" — {clean(found.hint)}", style="cyan") if found.hint else told


def summary(checked: int, noun: str, findings: Sequence["PlanError"]) -> Text:
    """``✗ 3 plans checked: 2 errors, 1 warning``."""
    errors = errors_in(findings)
    warnings = len(findings) - errors
    counted = f"{count(errors, 'error')}, {count(warnings, 'warning')}"
    sign = ("✗", "bold red") if errors else ("✓", "green")
    return Text.assemble(sign, f" {count(checked, noun)} checked: {counted}")


def count(number: int, word: str) -> str:
    """``no errors``, ``1 error``, ``2 errors``."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def as_document(findings: Sequence["PlanError"]) -> dict[str, Any]:
    """Findings, and how many there are, for programs."""
    errors = errors_in(findings)
    return {
        "findings": [_finding(found) for found in findings],
        "errors": errors,
        "warnings": len(findings) - errors,
    }


def _finding(found: "PlanError") -> dict[str, Any]:
    told = {
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "severity": str(found.severity),
        "code": found.code,
        "message": found.message,
        "hint": found.hint,
    }
    return {**told, "witness": _way(found)} if found.witness else told


def _way(found: "PlanError") -> list[dict[str, Any]]:
    """The way on which it shows; the last phase has no outcome, and a line where it has one."""
    return [
        {"phase": step.phase, "outcome": step.outcome or None, "line": step.line or None}
        for step in found.witness
    ]
