"""The actions that a plan can reach, as access rules call them."""

from pathlib import Path

from laneway.core.model import ActionSpec, Plan, Safety
from laneway.loading.plans import load_plan
from laneway.ports.driver import DriverDescriptor
from laneway_server.access.plan_actions import plan_authz_actions
from laneway_server.bootstrap import action_specs

SHIPPED = Path(__file__).parents[3] / "plans" / "odoo-stable-bootstrap.yaml"


def shipped() -> Plan:
    text = SHIPPED.read_text(encoding="utf-8")
    return load_plan(text, SHIPPED.name, action_specs()).compiled.plan


def test_every_phase_and_every_branch_counts_once():
    assert plan_authz_actions(shipped(), ()) == (
        "dokploy_target.read",
        "odoo_canonical.read",
        "odoo_health.read",
        "odoo_logo.read",
        "odoo_post_deploy.execute",
        "odoo_runtime_identity.read",
        "odoo_stable_bootstrap.execute",
        "odoo_stable_bootstrap.read",
    )


def test_what_the_drivers_say_now_counts():
    """A plan that was stored long ago is judged by today's words; a gone action by its own."""
    other = ActionSpec(action_id="odoo.check_logo", safety=Safety.READ, authz_action="logo.look")
    unnamed = ActionSpec(action_id="odoo.check_health", safety=Safety.READ)
    driver = DriverDescriptor(driver_id="odoo", label="", description="", actions=(other, unnamed))
    found = plan_authz_actions(shipped(), [driver])
    assert {"logo.look", "odoo.check_health", "odoo_canonical.read"} <= set(found)
    assert not {"odoo_logo.read", "odoo_health.read"} & set(found)
