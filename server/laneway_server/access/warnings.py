"""What is doubtful about an access file that can be used: above all, what is wider than it looks.

The codes are stable. Nothing here is a mistake for sure, so nothing here keeps a file from being
used.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from laneway.core.findings import Finding
from laneway.core.instants import Instant
from laneway.core.names import listed, nearest

from .conditions import WITH_ACTIONS
from .document import AccessDocument, Rule, TokenEntry, is_github
from .reach import reaches_issuer, reaches_token
from .rule_warnings import rule_warnings, warning
from .ruling import Act
from .superfluous import superfluous


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What access rules can say of a plan: the actions it can reach, the roles that approve."""

    actions: tuple[str, ...]
    roles: tuple[str, ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What there is that rules can name.

    Attributes:
        actions: the ``authz_action`` of every action that is offered.
        plans: by name; None where it is not known which there are.
    """

    actions: Collection[str]
    plans: Mapping[str, PlanFacts] | None = None


def warnings(document: AccessDocument, known: Known, now: Instant) -> Iterator[Finding]:
    """Everything that is doubtful.

    Args:
        now: for what has expired.
    """
    for index, rule in enumerate(document.rules):
        yield from rule_warnings(rule, ("rules", index), document)
        yield from _unknown_names(rule, index, known)
        yield from _missing_actions(document, index, known)
    yield from _superfluous_rules(document)
    yield from _about_issuers(document)
    for index, token in enumerate(document.tokens):
        if not token.revoked:
            yield from _about_token(token, index, document, now)


def _superfluous_rules(document: AccessDocument) -> Iterator[Finding]:
    for index, other in superfluous(document.rules).items():
        told = f"all that it allows, the rule {document.rules[other].name!r} allows too"
        yield warning("superfluous_rule", told, ("rules", index, "name"), "remove one of the two")


# --- issuers and tokens --------------------------------------------------------------------------


def _about_issuers(document: AccessDocument) -> Iterator[Finding]:
    approving = [rule for rule in document.rules if Act.APPROVE in rule.may]
    for entry in document.issuers:
        at = ("issuers", entry.name)
        if not any(reaches_issuer(rule.who, entry) for rule in document.rules):
            told = "no rule is for its callers"
            yield warning("unused_issuer", told, at, "remove it, or add a rule", key=True)
        approves = any(reaches_issuer(rule.who, entry) for rule in approving)
        if entry.person is None and approves and not is_github(entry.issuer):
            told = "its callers may approve, also what they asked for by another identity"
            yield warning("unknown_person", told, at, "add person", key=True)


def _about_token(
    token: TokenEntry, index: int, document: AccessDocument, now: Instant
) -> Iterator[Finding]:
    at = ("tokens", index)
    if token.expires is None:
        told = "it never expires"
        yield warning("never_expires", told, (*at, "name"), "add expires")
    elif token.expires <= now:
        yield warning("expired_token", "it has expired", (*at, "expires"), "remove it")
    reached = [rule for rule in document.rules if reaches_token(rule.who, token)]
    if not reached:
        told = "no rule is for it"
        yield warning("unused_token", told, (*at, "name"), "remove it, or add a rule")
    if not token.person and any(Act.APPROVE in rule.may for rule in reached):
        told = "whoever has it may approve, also what they asked for by another identity"
        yield warning("unknown_person", told, (*at, "name"), "add person")


# --- names of plans, actions and roles -----------------------------------------------------------


def _unknown_names(rule: Rule, index: int, known: Known) -> Iterator[Finding]:
    kinds: list[tuple[str, str, Collection[str]]] = [("actions", "unknown_action", known.actions)]
    if known.plans is not None:
        roles = {role for plan in known.plans.values() for role in plan.roles}
        kinds += [("plans", "unknown_plan", known.plans), ("roles", "unknown_role", roles)]
    for name, code, names in kinds:
        for place, each in enumerate(getattr(rule, name)):
            if each not in names:
                told = f"there is no {name.removesuffix('s')} {each!r}"
                yield warning(code, told, ("rules", index, name, place), nearest(each, names))


def _missing_actions(document: AccessDocument, index: int, known: Known) -> Iterator[Finding]:
    """Plans that a rule names for submission, and that no rule lets reach all of their actions."""
    rule = document.rules[index]
    if known.plans is None or Act.SUBMIT not in rule.may:
        return
    for place, name in enumerate(rule.plans):
        plan = known.plans.get(name)
        missing = _unallowed(plan, document.rules) if plan else []
        if missing:
            told = f"the plan can reach {listed(missing, 'and')}, which no rule allows"
            yield warning("missing_actions", told, ("rules", index, "plans", place), "add actions")


def _unallowed(plan: PlanFacts, rules: tuple[Rule, ...]) -> list[str]:
    submitting = [rule for rule in rules if not WITH_ACTIONS.isdisjoint(rule.may)]
    if any(not rule.actions for rule in submitting):
        return []
    allowed = {action for rule in submitting for action in rule.actions}
    return [action for action in plan.actions if action not in allowed]
