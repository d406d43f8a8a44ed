"""What of a lane's target record may be seen outside the server."""

from collections.abc import Mapping
from typing import Any

_LANE = ("product", "context", "instance")

PUBLIC_SCHEMA: Mapping[str, Any] = {
    "properties": {
        **{part: {} for part in _LANE},
        "expected": {},
        "odoo": {"properties": {"base_url": {}}, "additionalProperties": False},
    },
    "additionalProperties": False,
}
"""JSON Schema of `public`'s result: an expression that names anything else is refused."""


def public(target: Mapping[str, Any]) -> dict[str, Any]:
    """What callers, expressions and evidence may see of a target record.

    Only what is named here: the lane, what is expected of it, and Odoo's address. Whatever is added
    to the records stays inside until it is named here too.
    """
    shown = {key: target[key] for key in (*_LANE, "expected") if key in target}
    odoo = target.get("odoo", {})
    return shown | {"odoo": {"base_url": odoo["base_url"]}} if "base_url" in odoo else shown
