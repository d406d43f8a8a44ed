"""``plan check --explain``: what the codes of findings mean. The documentation has it from here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from .exits import UsageError
from .output import Output

if TYPE_CHECKING:
    from laneway.core.proofs import Rule


def tell(output: Output, code: str) -> None:
    """Print what a code means and what to do about it; ``all`` prints every one.

    Raises:
        UsageError: there is no such code.
    """
    rules = [*_chosen(code)]
    if output.json:
        output.document([_document(rule) for rule in rules])
        return
    for place, rule in enumerate(rules):
        if place:
            output.say()
        output.say(Text.assemble((rule.code, "bold"), f" ({rule.severity})"))
        output.say(f"  {rule.meaning}")
        output.say(f"  → {rule.remedy}")


def _chosen(code: str) -> "Iterator[Rule]":
    from laneway.core.names import nearest
    from laneway.loading.rules import RULES

    if code == "all":
        yield from RULES.values()
    elif code in RULES:
        yield RULES[code]
    else:
        hint = nearest(code, RULES) or "--explain all lists them"
        raise UsageError(f"there is no code {code!r}: {hint}")


def _document(rule: "Rule") -> dict[str, str]:
    return {
        "code": rule.code,
        "severity": str(rule.severity),
        "meaning": rule.meaning,
        "remedy": rule.remedy,
    }


def markdown() -> str:
    """The table of codes, as the documentation holds it; a test keeps the two alike."""
    from laneway.loading.rules import RULES

    head = ["| code | | is found where | what to do |", "|---|---|---|---|"]
    rows = (f"| `{r.code}` | {r.severity} | {r.meaning} | {r.remedy} |" for r in RULES.values())
    return "\n".join([*head, *rows]) + "\n"
