"""``http.check``: one or more questions to addresses of the lane, every one kept as a probe."""

from collections.abc import Sequence
from typing import Any

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient
from laneway.drivers.probes import PROBE, conclude
from laneway.drivers.web.calls import ask, read_target
from laneway.drivers.web.parameters import MOST_PROBES, Check, probe_schema, read
from laneway.drivers.web.places import AllowedHost
from laneway.ports.driver import ActionContext, ActionResult

PROBES_EVIDENCE: dict[str, Any] = {
    "base_url": {"type": "string"},
    "probes": {"type": "array", "items": PROBE},
}

SPEC = ActionSpec(
    action_id="http.check",
    safety=Safety.READ,
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "probes": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_PROBES,
                "items": probe_schema(),
            }
        },
        "required": ["probes"],
        "additionalProperties": False,
    },
    evidence={"type": "object", "properties": PROBES_EVIDENCE, "additionalProperties": False},
    authz_action="http.read",
    label="Check addresses",
    description="Asks addresses by GET or HEAD, and passes where every answer is as expected.",
)


class CheckAddresses(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient, hosts: Sequence[AllowedHost]) -> None:
        self._http = http
        self._hosts = hosts

    async def run(self, context: ActionContext) -> ActionResult:
        """Ask everything, one after the other, and conclude from all the answers."""
        target = read_target(context)
        probes = [
            await ask(self._http, call.name, call, context, target, self._hosts)
            for call in read(context, Check).probes
        ]
        return conclude("http", target.base_url, probes)
