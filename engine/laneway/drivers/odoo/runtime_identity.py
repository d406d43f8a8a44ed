"""``odoo.check_runtime_identity``: what answers is the instance, artifact and source that is meant.

Plain Odoo tells its version over HTTP and nothing else. The product's own health page carries a
marker that its deployment planted, and it is that marker which is compared. What it must be is in
the lane's record; a plan that has deployed another artifact says which.
"""

from typing import Any

import msgspec

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.dokploy.deploy_artifact import ARTIFACT, content_of
from laneway.drivers.dokploy.prove_target import Content
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.probes import Asked, Probe, Site, conclude, skipped
from laneway.drivers.odoo.schemas import CHECK_PARAMETERS, check_evidence
from laneway.drivers.target import Expected, read_target
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult

FIELDS = (
    "product",
    "context",
    "instance",
    "environment_kind",
    "deployment_record_id",
    "artifact_id",
    "source_git_ref",
)
NEEDED = ("product", "context", "instance", "environment_kind")
_NAMES = ("runtime_identity", "launchplane_runtime_identity", "launchplaneRuntimeIdentity")
_AS_TEXT = "LAUNCHPLANE_RUNTIME_IDENTITY_JSON"
STATUSES = ("unchecked", "match", "mismatch", "missing", "malformed", "unverifiable")

SPEC = ActionSpec(
    action_id="odoo.check_runtime_identity",
    safety=Safety.READ,
    idempotent=True,
    parameters={
        **CHECK_PARAMETERS,
        "properties": {**CHECK_PARAMETERS["properties"], **ARTIFACT},
        "dependentRequired": {
            "artifact_id": ["source_git_ref"],
            "source_git_ref": ["artifact_id"],
        },
    },
    evidence=check_evidence(
        identity_status={"enum": list(STATUSES)},
        observed={"type": ["object", "null"]},
        differing={"type": "array", "items": {"type": "string"}},
    ),
    authz_action="odoo_runtime_identity.read",
    label="Check runtime identity",
    description="The identity that the running product tells is the recorded one.",
)


class _MalformedError(Exception):
    """The identity is not an object of texts."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What was observed, and what it is worth."""

    status: str
    detail: str = ""
    observed: dict[str, str] | None = None
    differing: tuple[str, ...] = ()


class CheckRuntimeIdentity(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Read the identity and compare it; only ``match`` passes."""
        record = read_target(context)
        policy = record.policy.odoo_data_policy
        unneeded = skipped(context, by_policy=policy.requires_runtime_identity)
        if unneeded is not None:
            return ActionResult(
                outcome="pass", evidence={**unneeded.evidence, "identity_status": "unchecked"}
            )
        site = Site(self._http, record.odoo)
        asked = await site.ask("runtime_identity", record.odoo.health_path)
        identity = compare(asked, _wanted(record.expected, content_of(context)))
        return _conclude(site, _noted(asked.probe, identity), identity)


def _conclude(site: Site, probe: Probe, identity: Identity) -> ActionResult:
    told = {
        "identity_status": identity.status,
        "observed": identity.observed,
        "differing": list(identity.differing),
    }
    try:
        return conclude("runtime_identity", site.base_url, (probe,), told)
    except ActionFailed as failed:
        failed.failure.detail.update(identity_status=identity.status)
        raise


def _noted(probe: Probe, identity: Identity) -> Probe:
    if identity.status == "match" or probe.status == "fail":
        return probe
    return probe.failed(identity.status, identity.detail)


def _wanted(expected: Expected, deployed: Content | None) -> dict[str, str]:
    """The fields to compare: those that the record fills, and what the plan says is deployed."""
    known = {
        "artifact_id": expected.artifact_id,
        "source_git_ref": expected.source_git_ref,
        **expected.runtime_identity,
        **(msgspec.to_builtins(deployed) if deployed else {}),
    }
    return {name: value for name, value in known.items() if value}


def compare(asked: Asked, wanted: dict[str, str], *, needed: tuple[str, ...] = NEEDED) -> Identity:
    """The identity that a health page tells, held against what it must be.

    Args:
        needed: what must be known of the wanted one for a match to prove anything.
    """
    if asked.response is None:
        missing = asked.probe.status_code == 404
        return Identity(status="missing" if missing else "unverifiable", detail=asked.probe.detail)
    unknown = [name for name in needed if name not in wanted]
    if unknown:
        return Identity(status="unverifiable", detail=f"the record does not say {unknown[0]}")
    try:
        found = _identity(_decoded(asked.response.body))
    except _MalformedError:
        return Identity(status="malformed", detail="the identity is not an object of texts")
    if found is None:
        return Identity(status="missing", detail="the health page tells no identity")
    return _matched(found, wanted)


def _matched(found: dict[str, str], wanted: dict[str, str]) -> Identity:
    differing = tuple(sorted(name for name in wanted if found.get(name) != wanted[name]))
    observed = {name: found[name] for name in FIELDS if name in found}
    if not differing:
        return Identity(status="match", observed=observed)
    first = differing[0]
    detail = f"{first} is {found.get(first)!r}, and the record says {wanted[first]!r}"
    return Identity(status="mismatch", detail=detail, observed=observed, differing=differing)


def _identity(content: Any) -> dict[str, str] | None:
    """The identity in a health page's JSON; None where there is none.

    Raises:
        _MalformedError: it is not an object whose known fields are texts.
    """
    if not isinstance(content, dict):
        raise _MalformedError
    value = next((content[name] for name in _NAMES if name in content), None)
    if value is None and isinstance(content.get(_AS_TEXT), str):
        value = _decoded(content[_AS_TEXT])
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _MalformedError
    known = {name: value[name] for name in FIELDS if name in value}
    try:
        return msgspec.convert(known, dict[str, str])
    except msgspec.ValidationError as error:
        raise _MalformedError from error


def _decoded(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise _MalformedError from error
