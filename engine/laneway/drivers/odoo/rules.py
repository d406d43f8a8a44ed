"""Rules of a lane's policy: each is looked at, and the evidence shows how each of them stands."""

from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.ports.driver import ActionResult

RULES_EVIDENCE: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "rule": {"type": "string"},
            "held": {"type": "boolean"},
            "detail": {"type": "string"},
        },
        "required": ["rule", "held", "detail"],
    },
}


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and whether it holds; ``code`` is the refusal's where it does not."""

    rule: str
    held: bool
    detail: str
    code: str


def confirmed(expected: str, said: str) -> Rule:
    """The words must be the policy's, exactly; the evidence does not tell them."""
    if not expected:
        detail, code = "the policy names no confirmation", "confirmation_not_configured"
    elif said == expected:
        detail, code = "the confirmation is the policy's", ""
    else:
        detail, code = "the confirmation is not the policy's", "confirmation_mismatch"
    return Rule(rule="confirmation", held=not code, detail=detail, code=code)


def ruled(rules: Sequence[Rule], told: dict[str, Any]) -> ActionResult:
    """The proof's result: the first rule that does not hold is why it is refused.

    Args:
        told: what else the evidence shows.
    """
    shown = [{"rule": rule.rule, "held": rule.held, "detail": rule.detail} for rule in rules]
    evidence = {"rules": shown, **told}
    broken = next((rule for rule in rules if not rule.held), None)
    if broken is None:
        return ActionResult(outcome="pass", evidence=evidence, proof=evidence)
    failure = Failure(code=broken.code, message=broken.detail, detail={"rule": broken.rule})
    return ActionResult(outcome="refused", evidence=evidence, failure=failure)
