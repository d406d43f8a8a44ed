"""``dokploy.prove_target``: the lane's record and what is live are the same thing.

The proof holds what must not change between now and the destructive step, and nothing that changes
by itself. Its digest is in the evidence too, so that the destructive step can compare.
"""

from typing import Any

import msgspec

from laneway.core.digests import digest
from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery, no_parameters
from laneway.drivers.dokploy.client import DokployClient, connect
from laneway.drivers.dokploy.models import Compose
from laneway.drivers.http import HttpClient
from laneway.drivers.redaction import environment
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult

PROOF_DOMAIN = "laneway/dokploy-target/v1"
DIGEST_KEY = "target_proof_digest"
_COMMIT = "Commit: "

SPEC = ActionSpec(
    action_id="dokploy.prove_target",
    safety=Safety.READ,
    outcomes=("pass", "fail", "refused"),
    idempotent=True,
    parameters=no_parameters(),
    evidence={
        "type": "object",
        "properties": {
            DIGEST_KEY: {"type": "string"},
            "checks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["check", "held", "expected", "live"],
                    "properties": {"check": {"type": "string"}, "held": {"type": "boolean"}},
                },
            },
            "proof": {"type": "object"},
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
    def broken(self) -> Check | None:
        """The first check that does not hold."""
        return next((check for check in self.checks if not check.held), None)

    @property
    def evidence(self) -> dict[str, Any]:
        """What was seen, as JSON."""
        checks = [msgspec.to_builtins(check) for check in self.checks]
        return {DIGEST_KEY: self.digest, "checks": checks, "proof": self.proof}

    def refusal(self, check: Check) -> Failure:
        """Why the target is refused."""
        message = (
            f"the live compose's {check.check} is {_shown(check.live)},"
            f" and the lane's record says {_shown(check.expected)}"
        )
        detail = {"check": check.check, "expected": check.expected, "live": check.live}
        return Failure(code=check.code, message=message, detail=detail)


async def prove(client: DokployClient, record: TargetRecord) -> TargetProof:
    """Look at the live compose and compare it with the record.

    Raises:
        ActionFailed: the panel did not answer, or has no such compose.
    """
    compose = await client.compose(record.dokploy.compose_id)
    live = _live(compose, record)
    redacted = client.redactor.value(live)
    return TargetProof(compose=compose, checks=_checks(record, redacted), proof=redacted)


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
        broken = proved.broken
        if broken is not None:
            failure = proved.refusal(broken)
            return ActionResult(outcome="refused", evidence=proved.evidence, failure=failure)
        return ActionResult(outcome="pass", evidence=proved.evidence, proof=proved.proof)


def _not_there(failed: ActionFailed) -> ActionResult:
    """A compose that the panel does not know is an answer; any other failure is raised again."""
    if failed.failure.code != "dokploy_not_found":
        raise failed
    failure = msgspec.structs.replace(failed.failure, code="compose_not_found")
    return ActionResult(outcome="refused", evidence={"checks": []}, failure=failure)


def _live(compose: Compose, record: TargetRecord) -> dict[str, Any]:
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


def _checks(record: TargetRecord, live: dict[str, Any]) -> tuple[Check, ...]:
    expected = record.expected
    return (
        _equal("compose_id", record.dokploy.compose_id, live, "compose_mismatch"),
        _equal("server_id", record.dokploy.server_id, live, "server_mismatch"),
        _equal("name", expected.name, live, "name_mismatch"),
        _domains(expected.domains, live["domains"]),
        _known("artifact_id", expected.artifact_id, live, "artifact"),
        _known("source_git_ref", expected.source_git_ref, live, "source"),
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
