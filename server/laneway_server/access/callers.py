"""Proofs become callers: what is kept of a token in events, and what rules can go by.

A token itself is never kept, nor what is not needed: claims by which no rule matches are left out.
"""

from collections.abc import Mapping
from typing import Any

from laneway.core.events import Actor
from laneway.core.instants import as_datetime

from .document import TOKEN_ISSUER, IssuerEntry, TokenEntry
from .identity import Caller
from .oidc import Proof, is_plain

KEPT = (
    "repository",
    "repository_id",
    "repository_owner_id",
    "ref",
    "workflow_ref",
    "job_workflow_ref",
    "environment",
    "event_name",
    "run_id",
    "run_attempt",
    "actor",
    "actor_id",
    "sub",
    "email",
    "name",
)
MOST_GROUPS = 200


def oidc_caller(proof: Proof, *, session: bool = False) -> Caller:
    """Whoever a verified token stands for.

    Args:
        session: a browser's session carries it.
    """
    entry, claims = proof.entry, proof.claims
    known = {name: text for name in KEPT if (text := _text(claims.get(name)))}
    known_of = {
        "issuer": entry.name,
        **known,
        **_groups(claims.get(entry.groups_claim)),
        **_person(entry, claims),
        "proof": _with_session(_oidc_proof(proof), session),
    }
    subject = f"{entry.name}:{known['sub']}"
    repository = known.get("repository_id")
    return Caller(
        actor=Actor(kind="caller", subject=subject, claims=known_of),
        # A repository's workflows share their keys: a re-run has another `sub` when it is made for
        # another event, and must still find the operation of the first run.
        key_scope=f"{entry.name}:repository:{repository}" if repository else subject,
    )


def token_caller(entry: TokenEntry, *, session: bool = False) -> Caller:
    """Whoever a static token stands for, as the access file says it now.

    Args:
        session: a browser's session carries it.
    """
    proof: dict[str, Any] = {"kind": "token", "token": entry.name, "kid": key_id(entry)}
    if entry.expires is not None:
        proof["exp"] = int(as_datetime(entry.expires).timestamp())
    claims = {
        "issuer": TOKEN_ISSUER,
        "sub": entry.name,
        **({"groups": [*entry.groups]} if entry.groups else {}),
        **({"person": entry.person} if entry.person else {}),
        "proof": _with_session(proof, session),
    }
    actor = Actor(kind="caller", subject=entry.subject, claims=claims)
    return Caller(actor=actor, key_scope=entry.subject)


def key_id(entry: TokenEntry) -> str:
    """Tells a static token from the one of the same name that took its place."""
    return entry.digest.removeprefix("sha256:")[:16]


def _oidc_proof(proof: Proof) -> dict[str, Any]:
    claims = proof.claims
    told = {"kind": "oidc", "iss": proof.entry.issuer, "kid": proof.kid}
    times = {name: int(claims[name]) for name in ("iat", "exp")}
    return {**told, **({"jti": proof.jti} if proof.jti else {}), **times}


def _with_session(proof: dict[str, Any], session: bool) -> dict[str, Any]:
    return {**proof, "session": True} if session else proof


def _text(value: object) -> str:
    """A claim as rules compare it: ids are sometimes numbers; what cannot be shown is left out."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64:
        return str(value)
    return value if isinstance(value, str) and is_plain(value) else ""


def _groups(value: object) -> dict[str, list[str]]:
    listed = value if isinstance(value, list) else [value]
    groups = [each for each in listed if isinstance(each, str) and is_plain(each)]
    return {"groups": groups[:MOST_GROUPS]} if groups else {}


def _person(entry: IssuerEntry, claims: Mapping[str, Any]) -> dict[str, str]:
    if entry.person is None:
        return {}
    value = _text(claims.get(entry.person.claim))
    return {"person": entry.person.prefix + value} if value else {}
