"""``odoo.check_version``: the Odoo that answers is of the series on record.

Up to 18.0 the version is told over JSON-RPC, from 19.0 on at ``/web/version`` too. It is the only
thing that plain Odoo says of itself, and it says it with no database as well.
"""

from typing import Any

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.probes import Asked, Probe, Site, conclude, skipped
from laneway.drivers.odoo.schemas import CHECK_PARAMETERS, check_evidence
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionResult

SPEC = ActionSpec(
    action_id="odoo.check_version",
    safety=Safety.READ,
    idempotent=True,
    parameters=CHECK_PARAMETERS,
    evidence=check_evidence(series={"type": "string"}, server_version={"type": "string"}),
    authz_action="odoo_version.read",
    label="Check version",
    description="Odoo tells over JSON-RPC which series it is, and it is the one on record.",
)


class CheckVersion(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Ask for the version; a record that names no series takes any."""
        record = read_target(context)
        unneeded = skipped(context, by_policy=False)
        if unneeded is not None:
            return unneeded
        site = Site(self._http, record.odoo)
        asked = await site.ask("version_info", "/web/webclient/version_info", post={})
        if asked.probe.status_code == 404:
            asked = await site.ask("web_version", "/web/version")
        told = _told(asked)
        probe = _judged(asked, told, record.odoo.version)
        return conclude("version", site.base_url, (probe,), told)


def _judged(asked: Asked, told: dict[str, str], wanted: str) -> Probe:
    if asked.response is None:
        return asked.probe
    if not told:
        return asked.probe.failed("malformed", "the answer tells no version")
    if wanted and told["series"] != wanted:
        detail = f"Odoo {told['series']} answers, and the record says {wanted}"
        return asked.probe.failed("mismatch", detail)
    return asked.probe


def _told(asked: Asked) -> dict[str, str]:
    """The series, such as ``18.0``, and the whole version; empty where they are not told."""
    content = _json(asked)
    result = content.get("result", content)
    if not isinstance(result, dict):
        return {}
    version = result.get("server_version", result.get("version"))
    info = result.get("server_version_info", result.get("version_info"))
    if not isinstance(version, str) or not isinstance(info, list) or len(info) < 2:
        return {}
    return {"series": f"{info[0]}.{info[1]}", "server_version": version}


def _json(asked: Asked) -> dict[str, Any]:
    try:
        content = asked.response.json() if asked.response else {}
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
