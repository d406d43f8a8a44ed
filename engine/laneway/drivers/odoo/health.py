"""``odoo.check_health``: Odoo serves the expected database.

``/web/health`` answers 200 ``pass`` also when no database matches, and with PostgreSQL down unless
it is asked about it. So a 200 there is one probe among several: the database server is asked
about, the login page must come from a database (without one it leads to the selector), and where
Odoo lists its databases the expected one must be among them.
"""

from typing import Any

import msgspec

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.probes import Asked, Probe, Site, conclude, skipped
from laneway.drivers.odoo.schemas import CHECK_PARAMETERS, check_evidence
from laneway.drivers.target import OdooTarget, read_target
from laneway.ports.driver import ActionContext, ActionResult

HEALTHY = ("ok", "pass", "healthy")
_REDIRECTS = 3

SPEC = ActionSpec(
    action_id="odoo.check_health",
    safety=Safety.READ,
    idempotent=True,
    parameters=CHECK_PARAMETERS,
    evidence=check_evidence(
        database={"type": "string"},
        database_proved_by={"enum": ["database_list", "login_page", "nothing"]},
    ),
    authz_action="odoo_health.read",
    label="Check health",
    description="Odoo, its database server and the expected database answer.",
)


class CheckHealth(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Ask everything that speaks of health, and pass where all of it agrees."""
        record = read_target(context)
        policy = record.policy.odoo_stable_bootstrap
        unneeded = skipped(context, by_policy=policy.require_health_verification)
        if unneeded is not None:
            return unneeded
        site, database = Site(self._http, record.odoo), record.expected.database
        listed = _listed(await _list(site), database)
        server, own, login = await alive(site, record.odoo)
        probes = (server, own, login, listed)
        told = {"database": database, "database_proved_by": _proved_by(listed, login)}
        return conclude("health", site.base_url, probes, told)


async def _list(site: Site) -> Asked:
    return await site.ask("database_list", "/web/database/list", post={})


async def alive(site: Site, target: OdooTarget) -> tuple[Probe, Probe, Probe]:
    """Whether the database server, the product's own health page and the login page answer."""
    server = await site.ask("web_health", "/web/health?db_server_status=1")
    own = await _own(site, target)
    login = await site.ask("login_page", target.login_path, redirects=_REDIRECTS)
    return _healthy(server), own, login.probe


async def _own(site: Site, target: OdooTarget) -> Probe:
    """The product's own health page; an Odoo without it answers 404."""
    asked = await site.ask("own_health", target.health_path)
    if asked.probe.status_code == 404:
        return asked.probe.absent("there is no such page")
    return _healthy(asked)


def _healthy(asked: Asked) -> Probe:
    """What a health page's JSON says: ``status``, and whether the database server answers."""
    if asked.response is None:
        return asked.probe
    content = _object(asked)
    if content is None:
        return asked.probe.failed("malformed", "the health page is not a JSON object")
    status = content.get("status", HEALTHY[0])
    if not isinstance(status, str) or status.lower() not in HEALTHY:
        return asked.probe.failed("unavailable", f"status is {status!r}")
    if content.get("db_server_status") is False:
        return asked.probe.failed("unavailable", "the database server does not answer")
    return asked.probe


def _listed(asked: Asked, database: str) -> Probe:
    """Whether the expected database is listed; an Odoo that does not list them is no failure."""
    content = _object(asked)
    names = content.get("result") if content else None
    if not isinstance(names, list):
        probe = msgspec.structs.replace(asked.probe, failure_class="")
        return probe.absent("Odoo does not list its databases")
    if database not in names:
        return asked.probe.failed("wrong_database", f"{database} is not among its databases")
    return asked.probe


def _proved_by(listed: Probe, login: Probe) -> str:
    if login.status != "pass":
        return "nothing"
    return "database_list" if listed.status == "pass" else "login_page"


def _object(asked: Asked) -> dict[str, Any] | None:
    if asked.response is None:
        return None
    try:
        content = asked.response.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
