"""What the rules of an access file allow, and what is said of what they do not."""

import pytest

from laneway.core.events import ENGINE, Actor
from laneway_server.access.policy import Policy
from laneway_server.access.ruling import Act, Question, Scope
from tests.unit.access.support import (
    EXECUTE,
    ISSUERS,
    LOOK,
    PROD,
    TESTING,
    ask,
    person,
    policy,
    submit,
    token,
    workflow,
)

BOOTSTRAP = """\
  - name: bootstrap-testing
    who: {issuers: [github], repository: acme/odoo, repository_ids: [74], refs: [refs/heads/main]}
    may: [submit, read]
    plans: [bootstrap]
    products: [odoo]
    contexts: [cm]
    instances: [testing]
"""


def one(who: str, may: str = "read", more: str = "") -> Policy:
    return policy(f"  - {{name: r, who: {who}, may: [{may}]{more}}}\n")


def allows(found: Policy, actor: Actor, question: Question | None = None) -> bool:
    return found.judge(actor, question or ask("read")).allowed


def test_the_verdict_names_the_rule_and_the_policy():
    found = policy(BOOTSTRAP)
    verdict = found.judge(workflow(), submit(EXECUTE))
    assert (verdict.allowed, verdict.rules) == (True, ("bootstrap-testing",))
    assert verdict.policy == found.document.digest
    assert verdict.reason == "allowed by 'bootstrap-testing'"


def test_what_no_rule_allows_is_denied():
    verdict = policy("  []\n").judge(workflow(), submit())
    assert (verdict.allowed, verdict.rules) == (False, ())
    assert verdict.policy, "the lack of rules is a policy too"


@pytest.mark.parametrize(
    "claims",
    [
        {"issuer": "company"},
        {"repository": "acme/other"},
        {"repository": "Acme/odoo"},
        {"repository_id": "75"},
        {"ref": "refs/heads/feature"},
        {"repository": None},
        {"repository_id": None},
        {"ref": None},
        {"ref": ["refs/heads/main"]},
        {"repository_id": True},
    ],
)
def test_every_condition_of_who_must_hold(claims: dict[str, object]):
    assert not allows(policy(BOOTSTRAP), workflow(**claims), submit())


@pytest.mark.parametrize(
    "question",
    [
        submit(plan="other"),
        submit(lane=PROD),
        ask("cancel"),
        ask("retry"),
        Question(act=Act.SUBMIT, plan="bootstrap"),
        Question(act=Act.SUBMIT, lane=TESTING),
    ],
)
def test_every_other_condition_must_hold(question: Question):
    assert not allows(policy(BOOTSTRAP), workflow(), question)


def test_an_id_matches_however_it_was_written():
    written = BOOTSTRAP.replace("[74]", "['74']")
    assert allows(policy(written), workflow(repository_id=74), submit())


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("{anyone: true}", person()),
        ("{anyone: true}", token()),
        ("{issuers: [token]}", token()),
        ("{subjects: ['token:monitoring']}", token()),
        ("{subjects: ['company:*']}", person("ada")),
        ("{groups: [b, a]}", person("ada", "a")),
        ("{workflow_refs: ['acme/odoo/.github/workflows/*@refs/heads/main']}", workflow()),
        ("{job_workflow_refs: ['acme/ci/**']}", workflow(job_workflow_ref="acme/ci/x/y@z")),
        ("{environments: [testing, prod]}", workflow(environment="prod")),
        ("{event_names: [push]}", workflow()),
    ],
)
def test_who_is_meant(who: str, actor: Actor):
    assert allows(one(who), actor)


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("{issuers: [github]}", person()),
        ("{subjects: ['company:a*']}", person("org/ada")),
        ("{subjects: ['monitoring']}", token()),
        ("{groups: [a]}", person("ada", "ab")),
        ("{groups: [a]}", Actor(kind="caller", subject="company:x", claims={"groups": "a"})),
        ("{environments: ['test*']}", workflow(environment="testing")),
        ("{event_names: [push]}", workflow(event_name="pull_request")),
    ],
)
def test_who_is_not_meant(who: str, actor: Actor):
    assert not allows(one(who), actor)


def test_no_act_includes_another():
    for act in Act:
        found = one("{anyone: true}", act)
        assert [other for other in Act if allows(found, person(), ask(other))] == [act]


# --- approvals, actions, what is about no plan or lane -------------------------------------------


def test_an_approval_needs_a_rule_for_its_role():
    found = one("{anyone: true}", "approve", ", roles: [release-manager]")
    asked = Question(act=Act.APPROVE, plan="p", lane=PROD, role="release-manager")
    assert allows(found, person(), asked)
    for role in ("auditor", None):
        assert not allows(found, person(), Question(act=Act.APPROVE, lane=PROD, role=role))


def test_roles_do_not_limit_what_else_a_rule_allows():
    assert allows(one("{anyone: true}", "approve, read", ", roles: [x]"), person())


ACTIONS = f"""\
  - {{name: looks, who: {{anyone: true}}, may: [submit, retry], actions: [{LOOK}]}}
  - {{name: acts, who: {{groups: [ops]}}, may: [submit], actions: [{EXECUTE}]}}
"""


def test_rules_allow_the_actions_of_a_plan_together():
    verdict = policy(ACTIONS).judge(person("ada", "ops"), submit(EXECUTE, LOOK))
    assert (verdict.allowed, verdict.rules) == (True, ("looks", "acts"))


def test_one_action_that_is_not_allowed_denies_it_all():
    verdict = policy(ACTIONS).judge(person("eve"), submit(EXECUTE, LOOK))
    assert not verdict.allowed
    assert verdict.reason == f"no rule allows the actions {EXECUTE} there"


def test_only_a_rule_for_the_act_counts_for_its_actions():
    question = Question(act=Act.RETRY, plan="p", lane=TESTING, authz_actions=(EXECUTE, LOOK))
    assert not allows(policy(ACTIONS), person("ada", "ops"), question)


def test_a_rule_that_allows_all_decides_alone():
    found = policy(ACTIONS + "  - {name: all, who: {anyone: true}, may: [submit]}\n")
    assert found.judge(person("ada", "ops"), submit(EXECUTE, LOOK)).rules == ("all",)


def test_a_plan_without_actions_needs_a_rule_all_the_same():
    assert allows(policy(ACTIONS), person("ada", "ops"), submit())
    assert not allows(policy("  []\n"), person("ada", "ops"), submit())


def test_who_reads_some_lanes_reads_what_is_about_none():
    found = one("{anyone: true}", "read", ", plans: [bootstrap], products: [odoo]")
    for question in (ask("read", lane=None), ask("read", None), ask("read", None, None)):
        assert allows(found, person(), question)
    assert not allows(found, person(), ask("read", "other", None))


def test_a_rule_for_some_lanes_makes_nobody_an_administrator():
    nothing = ask("admin", None, None)
    assert not allows(one("{anyone: true}", "admin", ", products: [odoo]"), person(), nothing)
    assert allows(one("{anyone: true}", "admin"), person(), nothing)


def test_a_rule_for_one_plan_freezes_no_lane():
    freeze = ask("freeze", None)
    assert not allows(one("{anyone: true}", "freeze", ", plans: [bootstrap]"), person(), freeze)
    assert allows(one("{anyone: true}", "freeze", ", products: [odoo]"), person(), freeze)


# --- who is believed -----------------------------------------------------------------------------

ANYONE = "  - {name: all, who: {anyone: true}, may: [read]}\n"


@pytest.mark.parametrize(
    "actor",
    [
        ENGINE,
        Actor(kind="caller", subject="anonymous"),
        workflow(issuer="gitlab"),
        workflow(issuer=None),
        workflow(proof={"iss": "https://elsewhere.example.org"}),
        token("other"),
        Actor(kind="caller", subject="monitoring", claims={"issuer": "token"}),
        Actor(kind="caller", subject="company:monitoring", claims={"issuer": "token"}),
    ],
)
def test_whom_nobody_vouches_for_may_nothing_that_anyone_may(actor: Actor):
    found = policy(ANYONE)
    assert not allows(found, actor)
    assert found.visible(actor) == ()
    assert found.explain(actor, ask("read")).disbelieved


def test_who_was_proved_by_the_same_issuer_is_believed():
    assert allows(
        policy(ANYONE), workflow(proof={"iss": "https://token.actions.githubusercontent.com"})
    )


def test_a_token_counts_until_it_is_revoked_or_gone_and_not_until_it_expires():
    expired = ISSUERS.replace("groups:", "expires: '2020-01-01T00:00:00Z', groups:")
    revoked = ISSUERS.replace("groups:", "revoked: true, groups:")
    assert allows(policy(ANYONE, expired), token())
    assert not allows(policy(ANYONE, revoked), token())
    assert (
        policy(ANYONE, revoked).judge(token(), ask("read")).reason
        == "the caller's token is revoked"
    )


def test_a_token_is_in_the_groups_that_the_file_says_now():
    found = one("{groups: [readers]}")
    assert allows(found, token("monitoring"))
    assert not allows(one("{groups: [admins]}"), token("monitoring", "admins"))


# --- what can be seen ----------------------------------------------------------------------------


def test_what_can_be_seen_is_what_the_reading_rules_are_about():
    found = policy(
        BOOTSTRAP
        + "  - {name: all, who: {groups: [readers]}, may: [read]}\n"
        + "  - {name: not-reading, who: {anyone: true}, may: [submit]}\n"
    )
    narrow = Scope(
        plans=("bootstrap",), products=("odoo",), contexts=("cm",), instances=("testing",)
    )
    assert found.visible(workflow()) == (narrow,)
    assert found.visible(token()) == (Scope(),)
    assert found.visible(person()) == ()


def test_what_can_be_seen_is_remembered_for_a_bounded_number_of_callers(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("laneway_server.access.policy.REMEMBERED", 2)
    found = one("{subjects: ['company:a*']}")
    for name in ("ada", "bob", "abe", "ada"):
        assert found.visible(person(name)) == ((Scope(),) if name.startswith("a") else ())
        assert len(found._seen) <= 2


# --- what is said --------------------------------------------------------------------------------


def test_every_rule_is_explained_by_the_first_condition_that_does_not_hold():
    found = policy(
        BOOTSTRAP
        + "  - {name: people, who: {issuers: [company], groups: [ops]}, may: [submit]}\n"
        + "  - {name: watchers, who: {issuers: [github]}, may: [read, cancel]}\n"
        + "  - {name: named, who: {subjects: ['github:repo:acme/*:ref:refs/heads/main']}, "
        + "may: [submit], instances: [prod, live], actions: [x]}\n"
    )
    explained = found.explain(workflow(ref="refs/heads/try"), submit(EXECUTE))
    told = {each.rule.name: each.miss for each in explained.answers}
    assert {name: miss and miss.condition for name, miss in told.items()} == {
        "bootstrap-testing": "who.refs",
        "people": "who.issuers",
        "watchers": "may",
        "named": "instances",
    }
    refs = told["bootstrap-testing"]
    assert refs is not None
    assert refs.told == "it is for the ref 'refs/heads/main', and the caller's is 'refs/heads/try'"
    assert explained.closest is not None
    assert explained.closest.rule.name == "bootstrap-testing"


def test_the_words_for_what_is_missing():
    found = policy("  - {name: r, who: {environments: [prod], groups: [a, b]}, may: [freeze]}\n")

    def told(actor: Actor) -> str | None:
        (answer,) = found.explain(actor, ask("submit")).answers
        return answer.miss.told if answer.miss else None

    assert told(workflow()) == "it is for the environment 'prod', and the caller has none"
    grouped = workflow(environment="prod", groups=["c"])
    assert told(grouped) == "it is for the groups 'a' or 'b', and the caller is in c"
    assert told(workflow(environment="prod", groups=["a"])) == "it allows to freeze, not to submit"


def test_a_caller_learns_nothing_of_rules_that_are_not_for_them():
    verdict = policy(BOOTSTRAP).judge(workflow(ref="refs/heads/try"), submit())
    assert verdict.reason == "no rule is for github:repo:acme/odoo:ref:refs/heads/main"


def test_a_caller_learns_what_came_closest_of_the_rules_that_are_for_them():
    verdict = policy(BOOTSTRAP).judge(workflow(), submit(lane=PROD))
    said = (
        "the rule 'bootstrap-testing' comes closest: it is for the instance 'testing', not 'prod'"
    )
    assert verdict.reason == said


def test_where_it_is_allowed_nothing_comes_closest():
    explained = policy(BOOTSTRAP).explain(workflow(), submit())
    assert explained.verdict.allowed
    assert explained.closest is None
