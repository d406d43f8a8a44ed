"""``dokploy.prove_target``: the lane's record and what is live are the same thing.

The proof holds what must not change between now and the destructive step, and nothing that changes
by itself. Its digest is in the evidence too, so that the destructive step can compare. A second
digest leaves out what is deployed: it is for steps that come after one that has changed that.
"""

from typing import Any

import msgspec

from laneway.core.digests import digest
from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.models import Compose
from laneway.drivers.http import HttpClient
from laneway.drivers.redaction import environment
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult

PROOF_DOMAIN = "laneway/dokploy-target/v1"
DIGEST_KEY = "target_proof_digest"
IDENTITY_KEY = "target_identity_digest"
CONTENT = frozenset({"artifact_id", "source_git_ref"})
"""The checks of what is deployed; the others are about what it is deployed to."""

ANY = "any"
_COMMIT = "Commit: "

SPEC = ActionSpec(
    action_id="dokploy.prove_target",
    safety=Safety.READ,
    outcomes=("pass", "fail", "refused"),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "deployed": {
                "enum": ["recorded", ANY],
                "default": "recorded",
                "description": "What may be deployed there: what the record says, or `any` artifact"
                " that tells which it is.",
            }
        },
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            DIGEST_KEY: {"type": "string"},
            IDENTITY_KEY: {"type": "string"},
            "checks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["check", "held", "expected", "live"],
                    "properties": {"check": {"type": "string"}, "held": {"type": "boolean"}},
                },
            },
            "proof": {
                "type": "object",
                "properties": {
                    "artifact_id": {"type": ["string", "null"]},
                    "source_git_ref": {"type": ["string", "null"]},
                },
            },
        },
        "required": ["checks"],
    },
    authz_action="dokploy_target.read",
    label="Prove target",
    description="Compares the compose's live name, domains, artifact and source with the record.",
)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison; ``code`` is the refusal's, where it does not hold."""

    check: str
    held: bool
    expected: Any
    live: Any
    code: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is deployed, or is to be."""

    artifact_id: str
    source_git_ref: str


class TargetProof(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and the compose that it was compared with."""

    compose: Compose
    checks: tuple[Check, ...]
    proof: dict[str, Any]

    @property
    def digest(self) -> str:
        """What stands proved, as one word."""
        return digest(PROOF_DOMAIN, self.proof)

    @property
    def identity_digest(self) -> str:
        """The same, whatever is deployed there."""
        identity = {name: value for name, value in self.proof.items() if name not in CONTENT}
        return digest(PROOF_DOMAIN, identity)

    @property
    def digests(self) -> dict[str, str]:
        """Both, as evidence names them."""
        return {DIGEST_KEY: self.digest, IDENTITY_KEY: self.identity_digest}

    @property
    def broken(self) -> Check | None:
        """The first check that does not hold."""
        return next((check for check in self.checks if not check.held), None)

    @property
    def evidence(self) -> dict[str, Any]:
        """What was seen, as JSON."""
        checks = [msgspec.to_builtins(check) for check in self.checks]
        return {**self.digests, "checks": checks, "proof": self.proof}

    def refusal(self, check: Check) -> Failure:
        """Why the target is refused."""
        must = f"must be {_shown(check.expected)}" if check.expected else "nothing says what it is"
        message = f"the live compose's {check.check} is {_shown(check.live)}, and {must}"
        detail = {"check": check.check, "expected": check.expected, "live": check.live}
        return Failure(code=check.code, message=message, detail=detail)


async def prove(
    client: DokployClient, record: TargetRecord, *, deployed: Content | None = None
) -> TargetProof:
    """Look at the live compose and compare it with the record.

    Args:
        deployed: what must be deployed there, where that is not what the record says.

    Raises:
        ActionFailed: the panel did not answer, or has no such compose.
    """
    compose = await client.compose(record.dokploy.compose_id)
    live = client.redactor.value(live_target(compose, record))
    wanted = deployed or Content(
        artifact_id=record.expected.artifact_id, source_git_ref=record.expected.source_git_ref
    )
    checks = (*_identity(record, live), *_deployed(wanted, live))
    return TargetProof(compose=compose, checks=checks, proof=live)


class ProveTarget(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Prove the target; a target that is not as recorded is ``refused``."""
        record = read_target(context)
        try:
            proved = await prove(connect(self._http, record.dokploy, context), record)
        except ActionFailed as failed:
            return _not_there(failed)
        broken = _broken(proved, context.parameters.get("deployed", ""))
        if broken is not None:
            failure = proved.refusal(broken)
            return ActionResult(outcome="refused", evidence=proved.evidence, failure=failure)
        return ActionResult(outcome="pass", evidence=proved.evidence, proof=proved.proof)


def _broken(proved: TargetProof, deployed: str) -> Check | None:
    """The first check that does not hold; of any artifact it is enough to be known."""
    if deployed != ANY:
        return proved.broken
    checks = (check for check in proved.checks if check.check not in CONTENT or not check.live)
    return next((check for check in checks if not check.held), None)


def _not_there(failed: ActionFailed) -> ActionResult:
    """A compose that the panel does not know is an answer; any other failure is raised again."""
    if failed.failure.code != "dokploy_not_found":
        raise failed
    failure = msgspec.structs.replace(failed.failure, code="compose_not_found")
    return ActionResult(outcome="refused", evidence={"checks": []}, failure=failure)


def live_target(compose: Compose, record: TargetRecord) -> dict[str, Any]:
    """What a compose is, and what is deployed there; it may hold what is to be redacted."""
    variables = environment(compose.env or "")
    target = record.dokploy
    return {
        "compose_id": compose.compose_id,
        "app_name": compose.app_name,
        "name": compose.name,
        "server_id": compose.server_id,
        "domains": sorted({domain.host.lower() for domain in compose.domains or ()}),
        "artifact_id": _first(variables, target.artifact_variables),
        "source_git_ref": _first(variables, target.source_variables) or _commit(compose),
    }


def _identity(record: TargetRecord, live: dict[str, Any]) -> tuple[Check, ...]:
    expected = record.expected
    return (
        _equal("compose_id", record.dokploy.compose_id, live, "compose_mismatch"),
        _equal("server_id", record.dokploy.server_id, live, "server_mismatch"),
        _equal("name", expected.name, live, "name_mismatch"),
        _domains(expected.domains, live["domains"]),
    )


def _deployed(wanted: Content, live: dict[str, Any]) -> tuple[Check, ...]:
    return (
        _known("artifact_id", wanted.artifact_id, live, "artifact"),
        _known("source_git_ref", wanted.source_git_ref, live, "source"),
    )


def _equal(name: str, expected: str | None, live: dict[str, Any], code: str) -> Check:
    held = (expected or None) == (live[name] or None)
    return Check(check=name, held=held, expected=expected, live=live[name], code=code)


def _known(name: str, expected: str, live: dict[str, Any], word: str) -> Check:
    """Like `_equal`, and neither side may be unknown."""
    code = f"{word}_mismatch" if expected and live[name] else f"{word}_unknown"
    held = bool(expected) and expected == live[name]
    return Check(check=name, held=held, expected=expected, live=live[name], code=code)


def _domains(expected: tuple[str, ...], live: list[str]) -> Check:
    wanted = sorted(host.lower() for host in expected)
    missing = set(wanted) - set(live)
    code = "domain_missing" if wanted else "domains_unknown"
    held = bool(wanted) and not missing
    return Check(check="domains", held=held, expected=wanted, live=live, code=code)


def _first(variables: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((variables[name] for name in names if variables.get(name)), None)


def _commit(compose: Compose) -> str | None:
    """The commit of the newest deployment that went through, as the panel notes it down."""
    done = [row for row in compose.deployments if row.status == "done"]
    newest = max(done, key=lambda row: row.created_at, default=None)
    note = (newest.description or "") if newest else ""
    return note.removeprefix(_COMMIT).strip() if note.startswith(_COMMIT) else None


def _shown(value: Any) -> str:
    return "unknown" if value in (None, "", []) else repr(value)
