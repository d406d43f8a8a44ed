"""``odoo.prove_promotion``: the lane's policy allows that another lane's artifact comes to it.

Nothing is allowed by omission: a lane whose record does not say where its artifacts come from, or
what its data are worth, is refused. What a promotion may have to undo is undone by restoring a
backup, so data of which nobody has said whose word they are must not be touched.
"""

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.odoo.rules import RULES_EVIDENCE, Rule, confirmed, ruled
from laneway.drivers.target import TargetRecord, read_target
from laneway.ports.driver import ActionContext, ActionResult

_KNOWN = ("resettable", "restorable", "authoritative")

SPEC = ActionSpec(
    action_id="odoo.prove_promotion",
    safety=Safety.READ,
    outcomes=("pass", "fail", "refused"),
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "confirmation": {
                "type": "string",
                "description": "The words with which the requester confirms the promotion.",
            }
        },
        "required": ["confirmation"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "rules": RULES_EVIDENCE,
            "source": {"type": "string"},
            "data_authority": {"type": "string"},
            "approval_issue_url": {"type": ["string", "null"]},
        },
        "required": ["rules"],
        "additionalProperties": False,
    },
    authz_action="odoo_promotion.read",
    label="Prove promotion policy",
    description="The lane takes artifacts from another lane, and the request confirms it.",
)


class ProvePromotion(NoRecovery):
    """The action."""

    spec = SPEC

    async def run(self, context: ActionContext) -> ActionResult:
        """Hold the request against the lane's policy."""
        record = read_target(context)
        policy = record.policy.odoo_promotion
        said = str(context.parameters.get("confirmation", ""))
        rules = (
            _enabled(record),
            confirmed(policy.confirmation, said),
            _source(record),
            _authority(record),
        )
        source = record.promotion.source.instance if record.promotion else ""
        told = {
            "source": source,
            "data_authority": record.policy.odoo_data_policy.data_authority,
            "approval_issue_url": policy.approval_issue_url,
        }
        return ruled(rules, told)


def _enabled(record: TargetRecord) -> Rule:
    held = record.policy.odoo_promotion.enabled
    detail = f"promotion is {'enabled' if held else 'not enabled'} for this lane"
    return Rule(rule="promotion_enabled", held=held, detail=detail, code="promotion_disabled")


def _source(record: TargetRecord) -> Rule:
    """There is a source, and it is not the lane itself under another name."""
    rule, source = "source", record.promotion.source if record.promotion else None
    if source is None:
        detail, code = "the record names no lane to promote from", "source_not_configured"
    elif source.instance == record.instance or source.compose_id == record.dokploy.compose_id:
        detail, code = "the lane cannot be promoted to itself", "source_is_target"
    else:
        detail, code = f"artifacts come from {source.instance}", ""
    return Rule(rule=rule, held=not code, detail=detail, code=code)


def _authority(record: TargetRecord) -> Rule:
    authority = record.policy.odoo_data_policy.data_authority
    detail = f"the lane's data are {authority}"
    held = authority in _KNOWN
    return Rule(rule="data_authority", held=held, detail=detail, code="data_authority_unknown")
