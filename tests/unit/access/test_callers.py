"""What is kept of a verified token: what rules go by, and no more."""

from typing import Any

import pytest

from laneway_server.access.callers import oidc_caller
from laneway_server.access.document import IssuerEntry, PersonClaim
from laneway_server.access.oidc import Proof
from tests.support.issuer import GITHUB_CLAIMS

ISSUER = "https://login.example.org"


def proof(entry: dict[str, Any] | None = None, **claims: Any) -> Proof:
    usual = {"iss": ISSUER, "sub": "ann", "iat": 100, "exp": 400, "aud": "laneway"}
    named: dict[str, Any] = {"name": "company", "issuer": ISSUER, "audience": "laneway"}
    return Proof(entry=IssuerEntry(**(named | (entry or {}))), kid="k1", claims=usual | claims)


def test_a_workflow_is_known_by_all_that_rules_go_by():
    person = PersonClaim(claim="actor_id", prefix="github:")
    told = proof({"name": "github", "person": person}, jti="j", **GITHUB_CLAIMS, more="secret")
    caller = oidc_caller(told)
    assert caller.actor.subject == f"github:{GITHUB_CLAIMS['sub']}"
    assert caller.key_scope == "github:repository:4711"
    assert caller.actor.claims == {
        "issuer": "github",
        **GITHUB_CLAIMS,
        "person": "github:12345",
        "proof": {
            "kind": "oidc",
            "iss": ISSUER,
            "kid": "k1",
            "jti": "j",
            "iat": 100,
            "exp": 400,
        },
    }


def test_somebody_without_a_repository_has_keys_of_their_own():
    caller = oidc_caller(proof(name="Ann", email="ann@example.org", groups=["a", "b"]))
    assert (caller.actor.subject, caller.key_scope) == ("company:ann", "company:ann")
    claims = caller.actor.claims
    assert (claims["name"], claims["email"], claims["groups"]) == (
        "Ann",
        "ann@example.org",
        ["a", "b"],
    )
    assert "person" not in claims
    assert "jti" not in claims["proof"]


def test_groups_are_where_the_access_file_says():
    caller = oidc_caller(proof({"groups_claim": "roles"}, roles="admins", groups=["others"]))
    assert caller.actor.claims["groups"] == ["admins"]


@pytest.mark.parametrize("value", [4711, "4711"])
def test_an_id_is_the_same_as_a_number_and_as_text(value: object):
    caller = oidc_caller(proof(repository_id=value))
    assert caller.actor.claims["repository_id"] == "4711"
    assert caller.key_scope == "company:repository:4711"


@pytest.mark.parametrize("value", ["", "a\nb", "\u202e", "\ud800", "x" * 1_001, True, None, [], {}])
def test_what_cannot_be_shown_is_no_claim(value: object):
    person = PersonClaim(claim="github_id", prefix="github:")
    caller = oidc_caller(proof({"person": person}, ref=value, groups=[value, "a"], github_id=value))
    assert "ref" not in caller.actor.claims
    assert "person" not in caller.actor.claims
    assert caller.actor.claims["groups"] == ["a"]


def test_a_session_shows_in_the_proof():
    assert oidc_caller(proof(), session=True).actor.claims["proof"]["session"] is True
