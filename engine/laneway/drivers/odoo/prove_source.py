"""``odoo.prove_source``: the lane that a promotion comes from is healthy, and runs this artifact.

What is deployed there is told by its compose in Dokploy, and what runs there by the runtime
identity on its own health page. Only where both say the same has anybody tested that artifact.
"""

from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.dokploy.client import connect
from laneway.drivers.dokploy.deploy_artifact import WORD
from laneway.drivers.dokploy.prove_target import live_target
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.health import alive
from laneway.drivers.odoo.probes import Probe, Site, conclude
from laneway.drivers.odoo.runtime_identity import compare
from laneway.drivers.probes import PROBE
from laneway.drivers.target import PromotionSource, TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult

UNREADY = "unready"

SPEC = ActionSpec(
    action_id="odoo.prove_source",
    safety=Safety.READ,
    outcomes=("pass", "fail", UNREADY),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "artifact": {
                "type": "string",
                "pattern": "^$|" + WORD,
                "description": "The artifact that must run there; empty: whichever does.",
            },
            "instead_of": {
                "type": "string",
                "pattern": WORD,
                "description": "The artifact that it is to replace; it must be another one.",
            },
        },
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "instance": {"type": "string"},
            "artifact_id": {"type": "string"},
            "source_git_ref": {"type": "string"},
            "identity_status": {"type": "string"},
            "base_url": {"type": "string"},
            "probes": {"type": "array", "items": PROBE},
        },
        "additionalProperties": False,
    },
    authz_action="odoo_promotion.read",
    label="Prove source",
    description="The lane to promote from is healthy, and what runs there is what is deployed.",
)


class ProveSource(NoRecovery):
    """The action.

    Args:
        http: for the panel.
        probes: for the source's Odoo.
    """

    spec = SPEC

    def __init__(self, http: HttpClient, probes: HttpClient) -> None:
        self._http = http
        self._probes = probes

    async def run(self, context: ActionContext) -> ActionResult:
        """Read what is deployed there, and ask what runs there; a doubt is ``unready``."""
        record = read_target(context)
        if record.promotion is None:
            return _unready("source_not_configured", "the record names no lane to promote from")
        source = record.promotion.source
        live = await self._deployed(context, record, source)
        unfit = _unfit(context, source, live)
        if unfit is not None:
            return unfit
        deployed = {name: live[name] for name in ("artifact_id", "source_git_ref")}
        return await self._running(record, source, deployed)

    async def _deployed(
        self, context: ActionContext, record: TargetRecord, source: PromotionSource
    ) -> dict[str, Any]:
        client = connect(self._http, record.dokploy, context)
        compose = await client.compose(source.compose_id)
        live: dict[str, Any] = client.redactor.value(live_target(compose, record))
        return live

    async def _running(
        self, record: TargetRecord, source: PromotionSource, deployed: dict[str, str]
    ) -> ActionResult:
        site = Site(self._probes, source.odoo)
        probes: list[Probe] = [*await alive(site, source.odoo)]
        told: dict[str, Any] = {"instance": source.instance, **deployed}
        if record.policy.odoo_data_policy.requires_runtime_identity:
            probe, status = await _identity(site, record, source, deployed)
            probes.append(probe)
            told["identity_status"] = status
        result = conclude("source", site.base_url, probes, told)
        if result.outcome == "pass":
            proof = {"instance": source.instance, "compose_id": source.compose_id, **deployed}
            return msgspec.structs.replace(result, proof=proof)
        return msgspec.structs.replace(result, outcome=UNREADY)


async def _identity(
    site: Site, record: TargetRecord, source: PromotionSource, deployed: dict[str, str]
) -> tuple[Probe, str]:
    asked = await site.ask("runtime_identity", source.odoo.health_path)
    lane = {
        "product": record.product,
        "context": record.context,
        "instance": source.instance,
    }
    identity = compare(asked, {**lane, **deployed}, needed=tuple(lane))
    if identity.status == "match" or asked.probe.status == "fail":
        return asked.probe, identity.status
    return asked.probe.failed(identity.status, identity.detail), identity.status


def _unfit(
    context: ActionContext, source: PromotionSource, live: dict[str, Any]
) -> ActionResult | None:
    """Why what is deployed there is not to be promoted; None where it is."""
    artifact, wanted = live["artifact_id"], context.parameters.get("artifact", "")
    if live["name"] != source.name:
        message = f"the source's compose is called {live['name']!r}, not {source.name!r}"
        return _unready("source_name_mismatch", message)
    if not artifact or not live["source_git_ref"]:
        message = f"the compose of {source.instance} does not tell its artifact and source"
        return _unready("source_artifact_unknown", message)
    if wanted and artifact != wanted:
        message = f"{source.instance} runs {artifact}, and not {wanted}"
        return _unready("source_artifact_mismatch", message)
    if artifact == context.parameters.get("instead_of"):
        return _unready("already_promoted", f"{artifact} is deployed already")
    return None


def _unready(code: str, message: str) -> ActionResult:
    return ActionResult(outcome=UNREADY, failure=Failure(code=code, message=message))
