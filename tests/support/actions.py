"""The actions that the shipped plans name, as their drivers declare them, and some others."""

from typing import Any

from laneway.core.model import ActionSpec, Safety

NOTHING: dict[str, Any] = {"type": "object", "additionalProperties": False}
CONFIRMATION: dict[str, Any] = {
    "type": "object",
    "required": ["confirmation"],
    "properties": {"confirmation": {"type": "string"}},
    "additionalProperties": False,
}
REQUIRED: dict[str, Any] = {
    "type": "object",
    "properties": {"required": {"type": "boolean"}},
    "additionalProperties": False,
}
PROBES: dict[str, Any] = {
    "type": "object",
    "properties": {"skipped": {}, "base_url": {}, "probes": {}},
    "additionalProperties": False,
}

_PROOF = ("pass", "fail", "refused")

SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("odoo.prove_policy", Safety.READ, _PROOF, idempotent=True, parameters=CONFIRMATION),
    ActionSpec("dokploy.prove_target", Safety.READ, _PROOF, idempotent=True, parameters=NOTHING),
    ActionSpec("odoo.bootstrap", Safety.DESTRUCTIVE, recoverable=True, parameters=NOTHING),
    ActionSpec("odoo.post_deploy", Safety.MUTATION, recoverable=True, parameters=NOTHING),
    *(
        ActionSpec(
            f"odoo.check_{what}",
            Safety.READ,
            idempotent=True,
            parameters=REQUIRED,
            evidence=PROBES,
        )
        for what in ("health", "canonical", "logo", "runtime_identity")
    ),
    ActionSpec(
        "x.probe",
        Safety.READ,
        parameters={
            "type": "object",
            "properties": {
                "count": {"type": "integer"},
                "names": {"type": "array", "items": {"type": "string"}},
            },
        },
        evidence={
            "type": "object",
            "properties": {"digest": {"type": "string"}, "seen": {"type": "array"}},
            "additionalProperties": False,
        },
    ),
    ActionSpec("x.note", Safety.SAFE_WRITE, idempotent=True),
    ActionSpec("x.append", Safety.SAFE_WRITE),
    ActionSpec("x.change", Safety.MUTATION),
    ActionSpec("x.ensure", Safety.MUTATION, idempotent=True),
    ActionSpec("x.destroy", Safety.DESTRUCTIVE, idempotent=True, recoverable=True),
)

ACTIONS = {spec.action_id: spec for spec in SPECS}
"""By ``action_id``."""
