"""Whom a rule is for, as far as the file alone tells: which issuers, which tokens, which GitHub."""

from . import globs
from .callers import token_caller
from .conditions import facts_of, is_for
from .document import AccessDocument, IssuerEntry, Rule, TokenEntry, Who, is_github

GITHUB_CONDITIONS = (
    "repository",
    "repository_ids",
    "workflow_refs",
    "job_workflow_refs",
    "refs",
    "environments",
    "event_names",
)
"""Conditions of ``who`` on claims that GitHub's tokens have."""


def says_github(who: Who) -> bool:
    """Whether a rule asks for something that GitHub's tokens have."""
    return any(getattr(who, name) for name in GITHUB_CONDITIONS)


def reaches_issuer(who: Who, entry: IssuerEntry) -> bool:
    """Whether a caller of an issuer can be meant."""
    if is_github(entry.issuer) and who.groups:
        return False  # a workflow is in no group
    named = not who.issuers or entry.name in who.issuers
    return named and (not who.subjects or any(_of_issuer(each, entry) for each in who.subjects))


def _of_issuer(subject: str, entry: IssuerEntry) -> bool:
    """Whether a glob can be for a subject of an issuer."""
    start, prefix = globs.literal_start(subject), f"{entry.name}:"
    return start.startswith(prefix) or (start != subject and prefix.startswith(start))


def reaches_token(who: Who, token: TokenEntry) -> bool:
    """Whether the caller of a static token is meant."""
    return is_for(who, facts_of(token_caller(token).actor))


def github_reached(rule: Rule, document: AccessDocument) -> bool:
    """Whether a rule is for workflows on GitHub, among others maybe."""
    if says_github(rule.who):
        return True
    github = (each for each in document.issuers if is_github(each.issuer))
    return any(reaches_issuer(rule.who, entry) for entry in github)
