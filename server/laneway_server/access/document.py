"""The access file as frozen data: who is believed, and which rules say what they may do.

It is read from YAML by `laneway_server.access.loading`, which fills in what has a default of its
own, such as the person behind a GitHub workflow. What the rules mean is in ``policy``.
"""

from functools import cached_property

import msgspec

from laneway.core.digests import digest
from laneway.core.instants import Instant

from .ruling import Act

TOKEN_ISSUER = "token"
"""What stands for the issuer of static tokens: in ``Actor.claims`` and in ``who.issuers``."""

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


def is_github(iss: str) -> bool:
    """Whether an issuer is GitHub Actions: for all, or under the address of one enterprise."""
    return iss == GITHUB_ISSUER or iss.startswith(f"{GITHUB_ISSUER}/")


class PersonClaim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which claim tells the human behind an identity: the person is ``prefix`` and its value."""

    claim: str
    prefix: str = ""


class SignIn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How people sign in to the page with an issuer: authorization code with PKCE.

    Attributes:
        client_secret: a reference (``env:NAME``, ``file:PATH``), never the secret; None for a
            public client.
    """

    client_id: str
    client_secret: str | None = None
    scopes: tuple[str, ...] = ("openid",)


class IssuerEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An OIDC issuer that is believed.

    Attributes:
        name: its short name in the file, which subjects begin with.
        issuer: its exact ``iss``.
        audience: the exact ``aud`` that a token must be made for.
        jwks_url: where its keys are; None: where its ``/.well-known/openid-configuration`` says.
        groups_claim: the claim that holds the caller's groups.
        person: how the human behind is known; None: not at all.
        single_use: a token serves for one change only (see ``replay``); None: as is usual for the
            issuer, which is so for GitHub, whose workflows have a new token for each call.
        sign_in: how people sign in to the page; None: not with this issuer.
    """

    name: str
    issuer: str
    audience: str
    single_use: bool | None = None
    jwks_url: str | None = None
    groups_claim: str = "groups"
    person: PersonClaim | None = None
    sign_in: SignIn | None = None

    @property
    def one_change_each(self) -> bool:
        """Whether a token of it serves for one change only."""
        return is_github(self.issuer) if self.single_use is None else self.single_use


class TokenEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A static token.

    Attributes:
        name: its subject is ``token:NAME``.
        digest: ``sha256:…`` of the token, which itself is written nowhere.
        expires: from when on it is refused; None: never.
        groups: the groups that its caller is in.
        person: the human behind, such as ``github:12345``; empty where there is none.
        revoked: it is refused, and so is what was asked for with it and is still to begin.
    """

    name: str
    digest: str
    description: str = ""
    expires: Instant | None = None
    groups: tuple[str, ...] = ()
    person: str = ""
    revoked: bool = False

    @property
    def subject(self) -> str:
        """The subject of its caller."""
        return f"{TOKEN_ISSUER}:{self.name}"


class Who(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a rule is for; an empty tuple, or None, means any.

    Attributes:
        anyone: it is for every identified caller, and says nothing else.
        issuers: short names, or ``token``.
        repository: exactly ``owner/name``.
        workflow_refs: globs, as are ``job_workflow_refs``, ``refs`` and ``subjects``.
        subjects: of actors, such as ``token:monitoring`` or ``company:alice``.
        groups: it is for callers who are in at least one of them.
    """

    anyone: bool = False
    issuers: tuple[str, ...] = ()
    repository: str | None = None
    repository_ids: tuple[str, ...] = ()
    workflow_refs: tuple[str, ...] = ()
    job_workflow_refs: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    event_names: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whoever it is for may do this, on that; an empty tuple means any, but not for ``may``.

    Attributes:
        actions: the drivers' ``authz_action``; they count for submissions and retries.
        roles: of approvals; they count for ``approve``.
    """

    name: str
    who: Who
    may: tuple[Act, ...]
    description: str = ""
    plans: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class AccessDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A whole access file; names of issuers, tokens and rules are each there once."""

    issuers: tuple[IssuerEntry, ...] = ()
    tokens: tuple[TokenEntry, ...] = ()
    rules: tuple[Rule, ...] = ()

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of what the file says, however it is laid out."""
        return digest("laneway/access/v1", msgspec.to_builtins(self))

    def issuer(self, name: str) -> IssuerEntry | None:
        """The issuer of that short name, or None."""
        return next((each for each in self.issuers if each.name == name), None)

    def issuer_of(self, iss: str) -> IssuerEntry | None:
        """The issuer whose tokens say that ``iss``, to the letter, or None."""
        return next((each for each in self.issuers if each.issuer == iss), None)

    def token(self, name: str) -> TokenEntry | None:
        """The static token of that name, or None."""
        return next((each for each in self.tokens if each.name == name), None)
