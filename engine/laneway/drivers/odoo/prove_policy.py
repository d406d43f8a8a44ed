"""``odoo.prove_policy``: the lane's policy allows that its Odoo is made anew.

Every rule is looked at, and the evidence shows how each of them stands; the first that says no is
the refusal's code. Nothing is allowed by omission: a lane without a policy is refused.
"""

from typing import Any

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.odoo.rules import RULES_EVIDENCE, Rule, confirmed, ruled
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult

REBUILD_SOURCE = "empty"
"""What a bootstrap rebuilds from: nothing."""

REBUILDABLE = ("resettable", "restorable")
AUTHORITIES = ("unknown", *REBUILDABLE, "authoritative")

SPEC = ActionSpec(
    action_id="odoo.prove_policy",
    safety=Safety.READ,
    outcomes=("pass", "fail", "refused"),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "confirmation": {
                "type": "string",
                "description": "The words with which the requester confirms the bootstrap.",
            }
        },
        "required": ["confirmation"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "rules": RULES_EVIDENCE,
            "data_authority": {"type": "string"},
            "data_source_mode": {"type": "string"},
            "approval_issue_url": {"type": ["string", "null"]},
        },
        "required": ["rules"],
        "additionalProperties": False,
    },
    authz_action="odoo_stable_bootstrap.read",
    label="Prove policy",
    description="The lane may be bootstrapped, the request confirms it, its data may be rebuilt.",
)


class ProvePolicy(NoRecovery):
    """The action."""

    spec = SPEC

    async def run(self, context: ActionContext) -> ActionResult:
        """Hold the request against the lane's policy."""
        record = read_target(context)
        rules = _rules(record, str(context.parameters.get("confirmation", "")))
        return ruled(rules, _told(record))


def _told(record: TargetRecord) -> dict[str, Any]:
    bootstrap = record.policy.odoo_stable_bootstrap
    return {
        "data_authority": record.policy.odoo_data_policy.data_authority,
        "data_source_mode": bootstrap.data_source_mode,
        "approval_issue_url": bootstrap.approval_issue_url,
    }


def _rules(record: TargetRecord, confirmation: str) -> tuple[Rule, ...]:
    return (
        _enabled(record),
        confirmed(record.policy.odoo_stable_bootstrap.confirmation, confirmation),
        _authority(record),
        _source_mode(record),
        _source_allowed(record),
        _target_name(record),
        _domains(record),
    )


def _enabled(record: TargetRecord) -> Rule:
    held = record.policy.odoo_stable_bootstrap.enabled
    detail = f"bootstrap is {'enabled' if held else 'not enabled'} for this lane"
    return Rule(rule="bootstrap_enabled", held=held, detail=detail, code="bootstrap_disabled")


def _authority(record: TargetRecord) -> Rule:
    authority = record.policy.odoo_data_policy.data_authority
    known = authority if authority in AUTHORITIES else "unknown"
    detail = f"the lane's data are {authority}"
    held = known in REBUILDABLE
    code = "" if held else f"data_authority_{known}"
    return Rule(rule="data_authority", held=held, detail=detail, code=code)


def _source_mode(record: TargetRecord) -> Rule:
    mode = record.policy.odoo_stable_bootstrap.data_source_mode
    return Rule(
        rule="data_source_mode",
        held=mode == REBUILD_SOURCE,
        detail=f"the policy's data source is {mode!r}, and a bootstrap's is {REBUILD_SOURCE!r}",
        code="data_source_mode_unsupported",
    )


def _source_allowed(record: TargetRecord) -> Rule:
    allowed = record.policy.odoo_data_policy.allowed_rebuild_sources
    return Rule(
        rule="rebuild_source",
        held=REBUILD_SOURCE in allowed,
        detail=f"the lane may be rebuilt from {', '.join(allowed) or 'nothing'}",
        code="rebuild_source_not_allowed",
    )


def _target_name(record: TargetRecord) -> Rule:
    wanted = record.policy.odoo_stable_bootstrap.expected_target_name
    name = record.expected.name
    return Rule(
        rule="target_name",
        held=wanted in ("", name),
        detail=f"the policy is for {wanted or 'any target'}, and the record's is {name}",
        code="policy_target_mismatch",
    )


def _domains(record: TargetRecord) -> Rule:
    wanted = set(record.policy.odoo_stable_bootstrap.expected_domains)
    missing = sorted(wanted - set(record.expected.domains))
    detail = f"the record lacks {', '.join(missing)}" if missing else "the record has its domains"
    return Rule(rule="domains", held=not missing, detail=detail, code="policy_domains_mismatch")
