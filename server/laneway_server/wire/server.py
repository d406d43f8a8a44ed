"""The server itself: how it is, who calls it, what it signs, and what it answers instead."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from laneway.core.audit import AuditEntry
from laneway.core.instants import Instant
from laneway.evidence.report import About, Check
from laneway_server.access.ruling import Act
from laneway_server.problems import FieldError
from laneway_server.pruned import PrunedOperation

from .base import Answer, Count


class TargetsError(Answer, frozen=True, kw_only=True):
    """Where such a file is wrong; lines and columns count from 1. The log says what is there."""

    line: Count
    column: Count
    code: str


class TargetsView(Answer, frozen=True, kw_only=True):
    """The file of the target records: with errors, the records are still those of `loaded_at`."""

    file: str
    loaded_at: Instant
    errors: list[TargetsError]


class AccessView(TargetsView, frozen=True, kw_only=True):
    """The access file: with errors, the policy in force is still that of `loaded_at`."""

    policy: Annotated[str, Meta(description="Digest of the policy in force.")]


class Health(Answer, frozen=True, kw_only=True):
    """That the server lives.

    ``targets`` is there where the target records are in a file, ``access`` where a file says who
    may do what.
    """

    status: Literal["ok"]
    version: str
    targets: TargetsView | UnsetType = UNSET
    access: AccessView | UnsetType = UNSET


class Ready(Answer, frozen=True, kw_only=True):
    """That the server takes operations and can write them down."""

    status: Literal["ready"]


class SessionView(Answer, frozen=True, kw_only=True):
    """Who the caller is, and what they may do.

    ``may`` is about the plan and the lane that the query names, or about none.
    """

    subject: str
    name: Annotated[str, Meta(description="For people; the subject where nothing better is known.")]
    issuer: Annotated[
        str | None, Meta(description="Its short name in the access file; `token` for static tokens")
    ]
    groups: list[str]
    person: Annotated[str | None, Meta(description="The human behind, where that is known.")]
    signed_in: Annotated[bool, Meta(description="By a session of a browser, and not by a token.")]
    csrf: Annotated[
        str | None,
        Meta(description="What a session sends as `X-CSRF-Token` with all that changes something."),
    ]
    may: list[Act]


class IssuerWay(Answer, frozen=True, kw_only=True):
    """An issuer that people sign in with; a browser is sent to ``link``."""

    name: Annotated[str, Meta(description="Its short name in the access file.")]
    link: str


class WaysView(Answer, frozen=True, kw_only=True):
    """How one can say who one is."""

    open: Annotated[bool, Meta(description="Access is open: callers say who they are.")]
    tokens: Annotated[bool, Meta(description="A token begins a session: POST /v1/session.")]
    issuers: list[IssuerWay]


class AuditHeadView(Answer, frozen=True, kw_only=True):
    """The newest entry of the audit log; `seq` 0 where there is none."""

    seq: int
    hash: str


class AuditPage(Answer, frozen=True, kw_only=True):
    """Entries of the audit log, by their `seq`.

    Go on with `after` set to that of the last, or with `before` where the newest come first.

    What is left out of an entry is empty. Each is chained to the one before: docs/audit.md says
    what the hash is taken of.
    """

    entries: list[AuditEntry]
    head: AuditHeadView


class EvidenceSignature(Answer, frozen=True, kw_only=True):
    """Who signed an envelope."""

    keyid: str
    sig: Annotated[str, Meta(description="Base64.")]


class EvidenceEnvelope(Answer, frozen=True, kw_only=True, rename={"payload_type": "payloadType"}):
    """A DSSE envelope; without signatures where the server has no key."""

    payload: Annotated[
        str, Meta(description="Base64 of the statement; see `schemas/evidence.schema.json`.")
    ]
    payload_type: Literal["application/vnd.in-toto+json"]
    signatures: list[EvidenceSignature]


class EvidenceVerification(Answer, frozen=True, kw_only=True):
    """What verifying the evidence bundle comes to, with all checks in their order.

    Whoever does not believe the server verifies the bundle itself, offline.
    """

    verified: Annotated[bool, Meta(description="Nothing is wrong, and the server's key signed it.")]
    consistent: Annotated[
        bool, Meta(description="Nothing in it contradicts the rest, whoever signed it.")
    ]
    summary: Annotated[str, Meta(description="The verdict, in one sentence.")]
    keyid: Annotated[
        str | None, Meta(description="The key that must have signed it; null: there is none.")
    ]
    about: Annotated[
        About | None, Meta(description="What it is about; null where it could not be read so far.")
    ]
    checks: list[Check]


class EvidenceKey(Answer, frozen=True, kw_only=True):
    """The public key that evidence bundles are verified with."""

    keyid: Annotated[
        str, Meta(description="SHA-256 of the key's DER form, in hex.", pattern="^[0-9a-f]{64}$")
    ]
    algorithm: Literal["ed25519"]
    public_key: Annotated[str, Meta(description="PEM.")]
    name: Annotated[
        str | UnsetType,
        Meta(description="What it is called, where it has a name: a demo's says that it is one."),
    ] = UNSET


class ProblemView(Answer, frozen=True, kw_only=True):
    """An answer that is not what was asked for (RFC 9457); ``code`` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    trace_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    operation: Annotated[
        str | PrunedOperation | UnsetType,
        Meta(description="The operation that it is about; of one that was pruned, what is left."),
    ] = UNSET
    errors: list[FieldError] | UnsetType = UNSET
    sign_in: Annotated[
        list[str] | UnsetType,
        Meta(description="Where a browser can be sent to sign in."),
    ] = UNSET
