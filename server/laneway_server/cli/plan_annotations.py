"""Findings as annotations of a GitHub workflow: it shows them at their lines in the change."""

from typing import TYPE_CHECKING

from . import findings
from .output import Output
from .plan_files import Checked

if TYPE_CHECKING:
    from laneway.loading.plans import PlanError


def tell(output: Output, checked: Checked) -> None:
    """Print a workflow command for each finding; how many there are goes to standard error."""
    for found in checked.findings:
        output.raw(command(found))
    output.say(findings.summary(len(checked.paths), "plan", checked.findings))


def command(found: "PlanError") -> str:
    """``::error file=…,line=…,col=…,title=…::message``."""
    message = f"{found.message} — {found.hint}" if found.hint else found.message
    told = f"{message}\n{found.way}" if found.witness else message
    title = f"laneway: {found.code}"
    where = f"file={_value(found.file)},line={found.line},col={found.column}"
    return f"::{found.severity} {where},title={_value(title)}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
