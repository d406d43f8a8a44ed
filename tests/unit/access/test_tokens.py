"""Static tokens: random, told by their digest, and valid until they expire or are revoked."""

import hashlib
import re

import pytest

from laneway.core.instants import Instant
from laneway_server.access import tokens
from laneway_server.access.callers import token_caller
from laneway_server.access.document import TokenEntry
from laneway_server.access.refusals import CredentialRefused, Reason

NOW = Instant("2026-01-01T00:00:00.000Z")
TOKEN = "laneway_" + "a" * 43


def entry(**changes: object) -> TokenEntry:
    usual = {"name": "monitoring", "digest": tokens.token_digest(TOKEN)}
    return TokenEntry(**(usual | changes))  # type: ignore[arg-type]


def refused(token: str, *entries: TokenEntry) -> Reason:
    with pytest.raises(CredentialRefused) as caught:
        tokens.entry_of(token, entries, NOW)
    assert token not in caught.value.detail
    return caught.value.reason


def test_new_tokens_have_their_form_and_are_all_different():
    made = {tokens.new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"laneway_[A-Za-z0-9]{43}", token) for token in made)
    assert all(tokens.is_static(token) for token in made)


def test_a_digest_is_that_of_the_whole_token():
    assert tokens.token_digest("laneway_x") == (
        "sha256:" + hashlib.sha256(b"laneway_x").hexdigest()
    )


def test_a_token_proves_its_entry_among_others():
    entries = (entry(name="other", digest=tokens.token_digest("laneway_other")), entry())
    assert tokens.entry_of(TOKEN, entries, NOW) == entries[1]


def test_a_token_that_the_file_does_not_have_proves_nothing():
    assert refused("laneway_other", entry()) is Reason.UNKNOWN_TOKEN
    assert refused(TOKEN) is Reason.UNKNOWN_TOKEN
    assert refused(entry().digest, entry()) is Reason.UNKNOWN_TOKEN


def test_a_token_is_valid_until_it_expires():
    just = Instant("2026-01-01T00:00:00.001Z")
    assert tokens.entry_of(TOKEN, (entry(expires=just),), NOW).expires == just
    assert refused(TOKEN, entry(expires=NOW)) is Reason.EXPIRED


def test_a_revoked_token_is_refused_however_long_it_was_to_last():
    late = Instant("2030-01-01T00:00:00.000Z")
    assert refused(TOKEN, entry(revoked=True, expires=late)) is Reason.REVOKED


def test_its_caller_is_what_the_file_says():
    caller = token_caller(entry(groups=("readers",), person="github:1", expires=NOW))
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert (caller.actor.subject, caller.key_scope) == ("token:monitoring", "token:monitoring")
    assert caller.actor.claims == {
        "issuer": "token",
        "sub": "monitoring",
        "groups": ["readers"],
        "person": "github:1",
        "proof": {
            "kind": "token",
            "token": "monitoring",
            "kid": digest[:16],
            "exp": 1_767_225_600,
        },
    }
    assert TOKEN not in repr(caller)


def test_a_session_shows_in_the_proof():
    assert token_caller(entry(), session=True).actor.claims["proof"]["session"] is True
