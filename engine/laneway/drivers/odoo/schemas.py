"""The JSON Schemas that several actions share."""

from typing import Any

from laneway.drivers.probes import PROBE


def check_evidence(**properties: Any) -> dict[str, Any]:
    """The evidence of a check: its probes and what else it tells, or that it was skipped."""
    return {
        "type": "object",
        "properties": {
            "skipped": {"const": True},
            "base_url": {"type": "string"},
            "probes": {"type": "array", "items": PROBE},
            **properties,
        },
        "additionalProperties": False,
    }


CHECK_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "required": {
            "type": "boolean",
            "default": True,
            "description": "False skips the check, unless the lane's policy requires it.",
        }
    },
    "additionalProperties": False,
}
