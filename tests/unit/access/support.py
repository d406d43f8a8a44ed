"""Access files, actors and questions for tests."""

from typing import Any

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway_server.access.loading import load_access
from laneway_server.access.policy import Policy
from laneway_server.access.ruling import Act, Question

GITHUB = "https://token.actions.githubusercontent.com"
COMPANY = "https://login.example.org"
DIGEST = "sha256:" + "0" * 64
TESTING, PROD = (Lane("odoo", "cm", instance) for instance in ("testing", "prod"))
EXECUTE, LOOK = "odoo_stable_bootstrap.execute", "odoo_health.read"

ISSUERS = f"""\
version: 1
issuers:
  github: {{issuer: {GITHUB}, audience: laneway}}
  company: {{issuer: {COMPANY}, audience: laneway}}
tokens:
  - {{name: monitoring, digest: "{DIGEST}", groups: [readers], person: "github:1"}}
"""


def policy(rules: str, head: str = ISSUERS) -> Policy:
    """The policy of an access file, by the text of its rules."""
    return Policy(load_access(f"{head}rules:\n{rules}", "access.yaml").document)


def workflow(**claims: Any) -> Actor:
    """A workflow of acme/odoo on main, but for what is said."""
    known = {
        "issuer": "github",
        "repository": "acme/odoo",
        "repository_id": "74",
        "ref": "refs/heads/main",
        "workflow_ref": "acme/odoo/.github/workflows/bootstrap.yml@refs/heads/main",
        "event_name": "push",
        **claims,
    }
    told = {name: value for name, value in known.items() if value is not None}
    return Actor(kind="caller", subject="github:repo:acme/odoo:ref:refs/heads/main", claims=told)


def person(name: str = "ada", *groups: str) -> Actor:
    """Somebody of the company."""
    claims = {"issuer": "company", "sub": name, "groups": [*groups]}
    return Actor(kind="caller", subject=f"company:{name}", claims=claims)


def token(name: str = "monitoring", *groups: str) -> Actor:
    """The caller of a static token; ``groups`` are those it had when it was asked for."""
    claims = {"issuer": "token", "sub": name, "groups": [*groups]}
    return Actor(kind="caller", subject=f"token:{name}", claims=claims)


def submit(*actions: str, plan: str = "bootstrap", lane: Lane = TESTING) -> Question:
    """May they submit it?"""
    return Question(act=Act.SUBMIT, plan=plan, lane=lane, authz_actions=actions)


def ask(act: str, plan: str | None = "bootstrap", lane: Lane | None = TESTING) -> Question:
    """May they do that?"""
    return Question(act=Act(act), plan=plan, lane=lane)
