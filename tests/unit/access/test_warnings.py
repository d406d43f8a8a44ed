"""What is doubtful about an access file: one test data line for each warning."""

import re

import pytest

from laneway.core.instants import Instant
from laneway_server.access.loading import load_access
from laneway_server.access.warnings import Known, PlanFacts, warnings
from tests.unit.access.support import COMPANY, DIGEST, GITHUB

NOW = Instant("2026-01-31T12:00:00.000Z")
PLANS = {
    "bootstrap": PlanFacts(actions=("odoo.execute", "odoo.read"), roles=("release-manager",)),
    "look": PlanFacts(actions=("odoo.read",), roles=()),
}
KNOWN = Known(actions={"odoo.execute", "odoo.read"}, plans=PLANS)

HEAD = f"""\
version: 1
issuers:
  github: {{issuer: {GITHUB}, audience: laneway}}
"""
PEOPLE = f"""\
  company: {{issuer: {COMPANY}, audience: laneway, person: {{claim: sub}}}}
"""
SOUND_WHO = (
    "issuers: [github], repository: acme/odoo, repository_ids: [74], refs: [refs/heads/main], "
    "event_names: [push]"
)
SOUND_WHAT = "plans: [look], products: [odoo], contexts: [cm], instances: [testing]"
SOUND = f"  - {{name: sound, who: {{{SOUND_WHO}}}, may: [submit, read], {SOUND_WHAT}}}\n"


def found(text: str, known: Known = KNOWN) -> list[str]:
    """The warnings: the code, and the word at its place."""
    loaded = load_access(text, "access.yaml")
    lines = text.splitlines()
    errors = loaded.placed([*warnings(loaded.document, known, NOW)])
    assert {error.severity for error in errors} <= {"warning"}
    places = [lines[each.line - 1][each.column - 1 :] for each in errors]
    words = [re.split(r"[\s,:\]}]", place)[0] for place in places]
    return [f"{each.code} {word}" for each, word in zip(errors, words, strict=True)]


def ruled(*rules: str, head: str = HEAD) -> list[str]:
    """The warnings of rules beside a sound one."""
    lines = [f"  - {{name: r{index}, {rule}}}\n" for index, rule in enumerate(rules)]
    return found(head + "rules:\n" + SOUND + "".join(lines))


def test_a_sound_file_has_none():
    assert found(f"{HEAD}rules:\n{SOUND}") == []


READING = "may: [read]"
ITS_WORKFLOWS = "workflow_refs: ['a/b/c.yml@refs/heads/*']"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # a rule for GitHub
        (f"who: {{{SOUND_WHO.replace(', repository_ids: [74]', '')}}}, {READING}",
         ["repository_without_id acme/odoo"]),
        (f"who: {{{SOUND_WHO.replace('refs: [refs/heads/main], ', '')}}}, {READING}",
         ["any_ref who"]),
        (f"who: {{{SOUND_WHO.replace(', event_names: [push]', '')}}}, {READING}",
         ["any_event who"]),
        (f"who: {{issuers: [github], refs: [refs/heads/x], event_names: [push]}}, {READING}",
         ["any_repository who"]),
        (f"who: {{issuers: [github]}}, {READING}",
         ["any_repository who", "any_ref who", "any_event who"]),
        (f"who: {{repository_ids: [75], {ITS_WORKFLOWS}, event_names: [push]}}, {READING}", []),
        (f"who: {{anyone: true}}, {READING}", ["any_repository true"]),
        # globs
        (f"who: {{{SOUND_WHO.replace('refs/heads/main', 'refs/heads/**')}}}, may: [cancel]",
         ["crossing_glob refs/heads/**"]),
        (f"who: {{{SOUND_WHO}, workflow_refs: ['*/b.yml@refs/heads/main']}}, may: [cancel]",
         ["open_glob '*/b.yml@refs/heads/main'"]),
        (f"who: {{{SOUND_WHO.replace('refs/heads/main', 'main')}}}, may: [cancel]",
         ["never_matches main"]),
        (f"who: {{{SOUND_WHO.replace('refs/heads/main', 'refs/*')}}}, may: [cancel]",
         ["never_matches refs/*"]),
        (f"who: {{{SOUND_WHO}, workflow_refs: [a/b/c.yml]}}, may: [cancel]",
         ["never_matches a/b/c.yml"]),
        (f"who: {{{SOUND_WHO}, workflow_refs: ['a/b/c.yml@*']}}, may: [cancel]",
         ["never_matches 'a/b/c.yml@*'"]),
        (f"who: {{{SOUND_WHO}, job_workflow_refs: [a/b/c.yml@0123abc]}}, may: [cancel]", []),
        # what it allows
        (f"who: {{{SOUND_WHO}}}, may: [approve]", ["any_role approve"]),
        (f"who: {{{SOUND_WHO}}}, may: [admin]", ["admin admin"]),
        ("who: {subjects: ['token:root']}, may: [admin]", []),
        (f"who: {{{SOUND_WHO}}}, may: [retry], plans: [look], products: [odoo]",
         ["any_lane may"]),
        (f"who: {{{SOUND_WHO}}}, may: [retry], products: [a], contexts: [b], instances: [c]",
         ["any_plan may"]),
        (f"who: {{{SOUND_WHO}}}, may: [freeze], plans: [look]", ["never_matches freeze"]),
        ("who: {subjects: ['token:root']}, may: [admin], products: [odoo]",
         ["never_matches admin"]),
        (f"who: {{{SOUND_WHO}}}, may: [cancel], roles: [release-manager]",
         ["without_effect roles"]),
        (f"who: {{{SOUND_WHO}}}, may: [cancel], actions: [odoo.read]",
         ["without_effect actions"]),
        # names
        (f"who: {{{SOUND_WHO}}}, may: [cancel], plans: [lok]", ["unknown_plan lok"]),
        (f"who: {{{SOUND_WHO}}}, may: [approve], roles: [boss]", ["unknown_role boss"]),
        (f"who: {{{SOUND_WHO}}}, may: [cancel], actions: [odoo.red]",
         ["without_effect actions", "unknown_action odoo.red"]),
    ],
)  # fmt: skip
def test_a_doubtful_rule(rule: str, expected: list[str]):
    assert ruled(rule) == expected


def test_claims_of_github_that_another_issuer_can_make_too():
    who = SOUND_WHO.replace("issuers: [github], ", "")
    approving = "who: {issuers: [company]}, may: [read]"
    both = ruled(f"who: {{{who}}}, may: [cancel]", approving, head=HEAD + PEOPLE)
    assert both == ["any_issuer who"]
    assert ruled(f"who: {{{who}}}, may: [cancel]") == []


def test_a_plan_that_no_rule_lets_go_all_its_way():
    narrow = SOUND.replace("plans: [look]", "plans: [bootstrap], actions: [odoo.read]")
    assert found(f"{HEAD}rules:\n{narrow}") == ["missing_actions bootstrap"]
    assert found(f"{HEAD}rules:\n{narrow}", Known(actions=KNOWN.actions)) == [], "who knows"
    more = f"  - {{name: more, who: {{{SOUND_WHO}}}, may: [submit], actions: [odoo.execute], "
    lanes = "products: [odoo], contexts: [cm], instances: [testing]}\n"
    assert found(f"{HEAD}rules:\n{narrow}{more}{lanes}") == []


@pytest.mark.parametrize(
    "narrower",
    [
        f"who: {{{SOUND_WHO}}}, may: [read], {SOUND_WHAT}",
        f"who: {{{SOUND_WHO}, environments: [testing]}}, may: [submit, read], {SOUND_WHAT}",
        f"who: {{{SOUND_WHO}}}, may: [submit], actions: [odoo.read], {SOUND_WHAT}",
    ],
)
def test_a_rule_that_another_makes_superfluous(narrower: str):
    assert ruled(narrower) == ["superfluous_rule r0"]


def test_of_two_rules_that_say_the_same_the_second_is_superfluous():
    assert found(f"{HEAD}rules:\n{SOUND}{SOUND.replace('sound', 'again')}") == [
        "superfluous_rule again"
    ]


def test_an_issuer_that_no_rule_is_for():
    assert found(f"{HEAD}{PEOPLE}rules:\n{SOUND}") == ["unused_issuer company"]
    for who in (
        "issuers: [company]",
        "subjects: ['company:*']",
        "subjects: ['com*']",
        "groups: [a]",
    ):
        assert ruled(f"who: {{{who}}}, may: [read]", head=HEAD + PEOPLE) == [], who


def test_an_issuer_whose_people_are_not_known_and_may_approve():
    unknown = HEAD + PEOPLE.replace(", person: {claim: sub}", "")
    approving = "who: {issuers: [company]}, may: [approve], roles: [release-manager]"
    assert ruled(approving, head=unknown) == ["unknown_person company"]
    assert ruled(approving, head=HEAD + PEOPLE) == []


TOKEN = f"name: ci, digest: '{DIGEST}', expires: '2027-01-01T00:00:00Z', person: 'github:1'"
FOR_TOKENS = "  - {name: t, who: {issuers: [token]}, may: [approve], roles: [release-manager]}\n"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (TOKEN, []),
        (TOKEN.replace("2027", "2026"), ["expired_token '2026-01-01T00"]),
        (TOKEN.replace("expires: '2027-01-01T00:00:00Z', ", ""), ["never_expires ci"]),
        (TOKEN.replace(", person: 'github:1'", ""), ["unknown_person ci"]),
        (TOKEN.replace("2027", "2026") + ", revoked: true", []),
    ],
)
def test_a_doubtful_token(entry: str, expected: list[str]):
    assert found(f"{HEAD}tokens:\n  - {{{entry}}}\nrules:\n{SOUND}{FOR_TOKENS}") == expected


def test_a_token_that_no_rule_is_for():
    text = f"{HEAD}tokens:\n  - {{{TOKEN}}}\nrules:\n{SOUND}"
    assert found(text) == ["unused_token ci"]
