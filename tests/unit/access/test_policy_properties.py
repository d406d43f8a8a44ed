"""What holds of every access file, every caller and every question."""

import os
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway_server.access.conditions import WITH_ACTIONS
from laneway_server.access.document import AccessDocument, IssuerEntry, Rule, TokenEntry, Who
from laneway_server.access.policy import Policy
from laneway_server.access.ruling import Act, Question
from laneway_server.access.superfluous import superfluous
from tests.unit.access.support import COMPANY, GITHUB

settings.register_profile("access", max_examples=100, deadline=None)
settings.register_profile("access-thorough", max_examples=5_000, deadline=None)
PROFILE = "access-thorough" if os.environ.get("LANEWAY_HYPOTHESIS") == "thorough" else "access"
often = settings(settings.get_profile(PROFILE))

PLANS, ACTIONS, ROLES = ("p1", "p2"), ("a1", "a2", "a3"), ("r1", "r2")
PRODUCTS, CONTEXTS, INSTANCES = ("odoo", "web"), ("cm", "eu"), ("testing", "prod")
LANES = [Lane(*parts) for parts in product(PRODUCTS, CONTEXTS, INSTANCES)]
WHAT = {
    "plans": PLANS,
    "actions": ACTIONS,
    "products": PRODUCTS,
    "contexts": CONTEXTS,
    "instances": INSTANCES,
    "roles": ROLES,
}
REFS, EVENTS, GROUPS = ("refs/heads/main", "refs/heads/a/b"), ("push", "pull_request"), ("g1", "g2")
SUBJECTS = ("github:x", "company:ada", "token:t1", "token:t2")
CLAIMS = {"ref": REFS, "event_name": EVENTS, "repository_id": ("1", "2")}

ISSUERS = (
    IssuerEntry(name="github", issuer=GITHUB, audience="laneway"),
    IssuerEntry(name="company", issuer=COMPANY, audience="laneway"),
)
TOKENS = (
    TokenEntry(name="t1", digest="sha256:1", groups=("g1",)),
    TokenEntry(name="t2", digest="sha256:2", revoked=True),
)


def some(*values: str, least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    several = [*combinations(values, 1), *combinations(values, 2)]
    return st.sampled_from([*([()] if least == 0 else []), *several])


WHO = {
    "issuers": ("github", "company", "token"),
    "repository_ids": CLAIMS["repository_id"],
    "refs": (*REFS, "refs/heads/*", "refs/**"),
    "event_names": EVENTS,
    "subjects": (*SUBJECTS, "company:*", "*"),
    "groups": GROUPS,
}


@st.composite
def unnamed_rules(draw: st.DrawFn) -> Rule:
    """A rule with few conditions, so that it happens to match."""
    limits = draw(st.lists(st.sampled_from([*WHO]), max_size=2, unique=True))
    who: dict[str, Any] = {name: draw(some(*WHO[name], least=1)) for name in limits}
    about = draw(st.lists(st.sampled_from([*WHAT]), max_size=3, unique=True))
    what: dict[str, Any] = {name: draw(some(*WHAT[name])) for name in about}
    may = draw(st.sampled_from([tuple(Act), *combinations(Act, 1), *combinations(Act, 4)]))
    return Rule(name="", who=Who(**who) if who else Who(anyone=True), may=may, **what)


def named(rules: list[Rule]) -> tuple[Rule, ...]:
    replace = msgspec.structs.replace
    return tuple(replace(rule, name=f"rule-{index}") for index, rule in enumerate(rules))


RULES = st.lists(unnamed_rules(), max_size=5).map(named)


@st.composite
def actors(draw: st.DrawFn) -> Actor:
    subject = draw(st.sampled_from((*SUBJECTS, *SUBJECTS[:3], "gone:x", "token:gone")))
    claims: dict[str, Any] = {"issuer": subject.partition(":")[0]}
    for name, values in CLAIMS.items():
        value = draw(st.none() | st.sampled_from(values))
        claims |= {} if value is None else {name: value}
    groups = draw(st.none() | some(*GROUPS))
    return Actor(
        kind="caller",
        subject=subject,
        claims=claims | ({} if groups is None else {"groups": [*groups]}),
    )


def questions(*, complete: bool = False) -> st.SearchStrategy[Question]:
    def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
        return st.sampled_from([*values] if complete else [None, *values])

    return st.builds(
        Question,
        act=st.sampled_from([*Act, Act.SUBMIT, Act.SUBMIT]),
        plan=maybe(PLANS),
        lane=maybe(LANES),
        authz_actions=some(*ACTIONS),
        role=maybe(ROLES),
    )


def policy(rules: tuple[Rule, ...]) -> Policy:
    return Policy(AccessDocument(issuers=ISSUERS, tokens=TOKENS, rules=rules))


def allowed(rules: tuple[Rule, ...], actor: Actor, question: Question) -> bool:
    return policy(rules).judge(actor, question).allowed


@given(actors(), questions())
def test_without_rules_everything_is_denied(actor: Actor, question: Question):
    assert not allowed((), actor, question)
    assert policy(()).visible(actor) == ()


@often
@given(RULES, unnamed_rules(), actors(), questions())
def test_a_rule_that_is_added_never_takes_away(
    rules: tuple[Rule, ...], more: Rule, actor: Actor, question: Question
):
    if allowed(rules, actor, question):
        assert allowed((more, *rules), actor, question)
        assert allowed((*rules, more), actor, question)


@often
@given(RULES.flatmap(lambda rules: st.tuples(st.just(rules), st.permutations(rules))), st.data())
def test_the_order_of_the_rules_does_not_matter(
    both: tuple[tuple[Rule, ...], list[Rule]], data: st.DataObject
):
    actor, question = data.draw(actors()), data.draw(questions())
    assert allowed(both[0], actor, question) == allowed(tuple(both[1]), actor, question)


@often
@given(RULES, st.sampled_from([*WHAT]), actors(), questions(complete=True))
def test_an_empty_list_is_the_same_as_a_list_of_all(
    rules: tuple[Rule, ...], name: str, actor: Actor, question: Question
):
    spelled_out = tuple(
        msgspec.structs.replace(rule, **{name: getattr(rule, name) or WHAT[name]}) for rule in rules
    )
    assert allowed(rules, actor, question) == allowed(spelled_out, actor, question)


@often
@given(RULES, actors())
def test_what_is_visible_is_what_may_be_read(rules: tuple[Rule, ...], actor: Actor):
    found = policy(rules)
    scopes = found.visible(actor)
    for lane, plan in product(LANES, (None, *PLANS)):
        question = Question(act=Act.READ, plan=plan, lane=lane)
        covered = any(scope.covers(plan, lane) for scope in scopes)
        assert found.judge(actor, question).allowed is covered


@often
@given(RULES, actors(), questions(), st.sampled_from([*CLAIMS, "groups"]))
def test_who_shows_less_may_not_do_more(
    rules: tuple[Rule, ...], actor: Actor, question: Question, claim: str
):
    assume(claim in actor.claims)
    fewer = {name: value for name, value in actor.claims.items() if name != claim}
    if allowed(rules, msgspec.structs.replace(actor, claims=fewer), question):
        assert allowed(rules, actor, question)


@often
@given(unnamed_rules(), st.data())
def test_a_list_that_is_filled_in_never_allows_more(rule: Rule, data: st.DataObject):
    name = data.draw(st.sampled_from([name for name in WHAT if not getattr(rule, name)] or [""]))
    assume(name)
    narrower = msgspec.structs.replace(rule, **{name: data.draw(some(*WHAT[name]))})
    actor, question = data.draw(actors()), data.draw(questions())
    if allowed((narrower,), actor, question):
        assert allowed((rule,), actor, question)


@often
@given(RULES, actors(), questions())
def test_the_explanation_is_that_of_the_verdict(
    rules: tuple[Rule, ...], actor: Actor, question: Question
):
    explained = policy(rules).explain(actor, question)
    verdict = policy(rules).judge(actor, question)
    assert explained.verdict == verdict
    assert verdict.allowed is bool(verdict.rules)
    misses = {each.rule.name: each.miss for each in explained.answers}
    for name in verdict.rules:
        miss = misses[name]
        assert miss is None or miss.condition == "actions"
    if not verdict.allowed:
        assert None not in misses.values()
    assert len(misses) == (0 if explained.disbelieved else len(rules))


@often
@given(RULES, actors(), questions())
def test_rules_that_decide_allow_it_without_the_others(
    rules: tuple[Rule, ...], actor: Actor, question: Question
):
    verdict = policy(rules).judge(actor, question)
    deciding = tuple(rule for rule in rules if rule.name in verdict.rules)
    assert allowed(deciding, actor, question) is verdict.allowed
    assert len(deciding) <= 1 or question.act in WITH_ACTIONS


@often
@given(RULES, actors(), questions())
def test_what_is_superfluous_is_not_missed(
    rules: tuple[Rule, ...], actor: Actor, question: Question
):
    left = tuple(rule for index, rule in enumerate(rules) if index not in superfluous(rules))
    assert allowed(left, actor, question) == allowed(rules, actor, question)
