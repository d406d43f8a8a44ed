"""The conditions of a rule, one by one, in the order in which they are looked at.

``who`` (in the order of `WHO`), then ``may``, ``plans``, ``products``, ``contexts``, ``instances``,
``roles`` and ``actions``. An empty or absent list holds always. What it compares with is constant:

- A claim that the caller's identity does not have, or that is not text (or a whole number), matches
  nothing. Neither does a group, where there is no list of them.
- A question about no plan, or about no lane, matches a rule that is limited to some only where it
  is to ``read``: so a rule for one product does not make anybody an administrator of the server,
  and one for one plan does not freeze lanes for all.
- A role matters for ``approve`` only, and actions for ``submit`` and ``retry`` only.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import msgspec

from laneway.core.events import Actor
from laneway.core.names import listed

from . import globs
from .document import AccessDocument, Rule, Who
from .ruling import Act, Question

WITH_ACTIONS = frozenset({Act.SUBMIT, Act.RETRY})
"""What reaches the actions of a plan."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a caller: the claims that rules go by, each as text."""

    subject: str
    issuer: str
    groups: frozenset[str]
    claims: Mapping[str, str]


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that does not hold.

    Attributes:
        condition: where the rule says it, such as ``who.refs``.
        told: what the rule asks and what there is instead.
    """

    condition: str
    told: str


def facts_of(actor: Actor, groups: Collection[str] | None = None) -> Facts:
    """What an actor's claims say.

    Args:
        groups: those that count instead of the claimed ones.
    """
    claimed = actor.claims.get("groups")
    listed_groups = claimed if isinstance(claimed, list | tuple) else ()
    texts = ((name, _text(value)) for name, value in actor.claims.items())
    claims = {name: text for name, text in texts if text is not None}
    return Facts(
        subject=actor.subject,
        issuer=claims.get("issuer", ""),
        groups=frozenset(
            each for each in (listed_groups if groups is None else groups) if isinstance(each, str)
        ),
        claims=claims,
    )


def _text(claim: Any) -> str | None:
    if isinstance(claim, int) and not isinstance(claim, bool):
        return str(claim)
    return claim if isinstance(claim, str) else None


def misses(rule: Rule, facts: Facts, question: Question) -> Iterator[Miss]:
    """The conditions of a rule that do not hold, in their order; none where it allows it."""
    yield from who_misses(rule.who, facts)
    yield from _what_misses(rule, question)
    missing = uncovered(rule, question)
    if missing:
        told = f"it does not allow the actions {listed(missing, 'and')}"
        yield Miss(condition="actions", told=told)


def asked(rule: Rule) -> int:
    """How many conditions a rule has."""
    who = sum(1 for name in (*(each.name for each in WHO), "groups") if wanted(rule.who, name))
    return who + 1 + sum(1 for name in WHAT if getattr(rule, name))


# --- who -----------------------------------------------------------------------------------------


class _Asked(msgspec.Struct, frozen=True):
    """A condition of ``who``: what it is about, what the caller has of that, and what matches."""

    name: str
    noun: str
    of: Callable[[Facts], str | None]
    matches: Callable[[str, str], bool]


def _equal(wanted: str, found: str) -> bool:
    return wanted == found


def _claim(
    name: str, claim: str, noun: str, matches: Callable[[str, str], bool] = _equal
) -> _Asked:
    return _Asked(name, noun, lambda facts: facts.claims.get(claim), matches)


WHO: tuple[_Asked, ...] = (
    _Asked("issuers", "issuer", lambda facts: facts.issuer or None, _equal),
    _claim("repository", "repository", "repository"),
    _claim("repository_ids", "repository_id", "repository id"),
    _claim("workflow_refs", "workflow_ref", "workflow ref", globs.matches),
    _claim("job_workflow_refs", "job_workflow_ref", "job workflow ref", globs.matches),
    _claim("refs", "ref", "ref", globs.matches),
    _claim("environments", "environment", "environment"),
    _claim("event_names", "event_name", "event"),
    _Asked("subjects", "subject", lambda facts: facts.subject, globs.matches),
)
"""The conditions of ``who`` in their order, but for the last one, ``groups``."""


def wanted(who: Who, name: str) -> tuple[str, ...]:
    """What a condition of ``who`` lists; empty where it says nothing."""
    value = getattr(who, name)
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def is_for(who: Who, facts: Facts) -> bool:
    """Whether all that ``who`` says holds of a caller."""
    return next(who_misses(who, facts), None) is None


def is_somebody(actor: Actor, document: AccessDocument) -> bool:
    """Whether there is a rule for an actor at all."""
    facts = facts_of(actor)
    return any(is_for(rule.who, facts) for rule in document.rules)


def who_misses(who: Who, facts: Facts) -> Iterator[Miss]:
    """The conditions of ``who`` that do not hold of a caller."""
    for each in WHO:
        wants = wanted(who, each.name)
        found = each.of(facts)
        if wants and (found is None or not any(each.matches(want, found) for want in wants)):
            yield Miss(condition=f"who.{each.name}", told=_told(each, wants, found))
    if who.groups and facts.groups.isdisjoint(who.groups):
        has = listed(sorted(facts.groups), "and") if facts.groups else "none"
        told = f"it is for the groups {_quoted(who.groups)}, and the caller is in {has}"
        yield Miss(condition="who.groups", told=told)


def _told(each: _Asked, wants: tuple[str, ...], found: str | None) -> str:
    has = f"the caller's is {found!r}" if found is not None else "the caller has none"
    return f"it is for the {each.noun} {_quoted(wants)}, and {has}"


def _quoted(names: Collection[str]) -> str:
    return listed([repr(name) for name in names])


# --- what ----------------------------------------------------------------------------------------

WHAT = ("plans", "products", "contexts", "instances", "roles", "actions")
"""The lists of a rule beside ``who`` and ``may``."""


def _what_misses(rule: Rule, question: Question) -> Iterator[Miss]:
    if question.act not in rule.may:
        told = f"it allows to {listed(rule.may, 'and')}, not to {question.act}"
        yield Miss(condition="may", told=told)
    lane = question.lane
    about = (
        ("plans", rule.plans, question.plan),
        ("products", rule.products, lane.product if lane else None),
        ("contexts", rule.contexts, lane.context if lane else None),
        ("instances", rule.instances, lane.instance if lane else None),
    )
    for name, wants, found in about:
        if wants and not _holds(wants, found, question.act):
            yield Miss(condition=name, told=_told_what(name, wants, found))
    if question.act is Act.APPROVE and rule.roles and question.role not in rule.roles:
        yield Miss(condition="roles", told=_told_what("roles", rule.roles, question.role))


def _holds(wants: tuple[str, ...], found: str | None, act: Act) -> bool:
    return act is Act.READ if found is None else found in wants


def _told_what(name: str, wants: tuple[str, ...], found: str | None) -> str:
    noun = name.removesuffix("s")
    instead = f"not {found!r}" if found is not None else f"and this is about no {noun}"
    return f"it is for the {noun} {_quoted(wants)}, {instead}"


def uncovered(rule: Rule, question: Question) -> tuple[str, ...]:
    """The actions of a question that a rule's ``actions`` do not allow."""
    if question.act not in WITH_ACTIONS or not rule.actions:
        return ()
    return tuple(action for action in question.authz_actions if action not in rule.actions)
