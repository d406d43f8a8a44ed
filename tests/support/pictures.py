"""Plans and operations to draw: one plan with everything in it, and the one that ships."""

from functools import cache
from pathlib import Path
from typing import Any

from laneway.core import events as ev
from laneway.core import inputs
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.diagram import Overlay, overlay
from laneway.drivers.dokploy.driver import DESCRIPTOR as DOKPLOY
from laneway.drivers.odoo.driver import DESCRIPTOR as ODOO
from laneway.drivers.web.driver import DESCRIPTOR as WEB
from laneway.loading.plans import load_plan
from tests.support.play import ANN, BOB, Player, asked_for
from tests.support.random_plans import ACTIONS

ROOT = Path(__file__).parents[2]
SHIPPED = "odoo-stable-bootstrap"
REQUEST = {"request": {"confirmation": "bootstrap cm testing"}}

EVERYTHING: dict[str, Any] = {
    "plan": "everything",
    "version": 3,
    "title": "Everything that a plan can have",
    "deadline": "6h",
    "on_deadline": "rollback",
    "start": "backup_gate",
    "phases": {
        "backup_gate": {
            "action": "w.prove",
            "retry": {"attempts": 3},
            "on": {"pass": "window", "fail": "fail", "refused": "refused"},
        },
        "window": {
            "wait": {"until": "operation.created_at + duration('5m')"},
            "on": {"pass": "approval", "cancelled": "tidy"},
        },
        "approval": {
            "approval": {"role": "release-manager", "quorum": 2, "expires": "4h"},
            "max_visits": 3,
            "on": {"approved": "deploy", "rejected": "refused", "expired": "window"},
        },
        "deploy": {
            "action": "w.change",
            "requires": {"backup_gate": {"max_age": "1h"}},
            "on": {"pass": "verify", "fail": "rollback"},
        },
        "verify": {
            "parallel": {
                "left": {"action": "w.check", "retry": {"attempts": 2}},
                "right": {"action": "w.check", "title": "The other one"},
                "note": {"action": "w.note"},
            },
            "on": {
                "pass": [
                    {"to": "switch", "when": "lane.instance == 'prod' && request.size > 3"},
                    {"to": "pass"},
                ],
                "fail": "rollback",
            },
        },
        "switch": {"action": "w.destroy", "on": {"pass": "after", "fail": "rollback"}},
        "after": {
            "action": "w.check",
            "max_visits": 5,
            "on": {
                "pass": "pass",
                "fail": [{"to": "breathe", "when": "operation.dry_run"}, {"to": "rollback"}],
            },
        },
        "breathe": {"wait": "90s", "on": {"pass": "after"}},
        "rollback": {
            "action": "w.ensure",
            "requires": {"backup_gate": {}},
            "on": {"pass": "rolled_back", "fail": "fail"},
        },
        "tidy": {"action": "w.note", "on": {"pass": "cancelled", "fail": "fail"}},
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "rolled_back": {"title": "Rolled back", "end": "fail"},
        "refused": {"end": "refused"},
        "cancelled": {"end": "cancelled"},
    },
}


@cache
def everything() -> CompiledPlan:
    """A plan with every kind of phase, a loop, a clean-up, and a phase for the deadline."""
    return compile_plan(EVERYTHING, ACTIONS)


@cache
def shipped(name: str = SHIPPED) -> CompiledPlan:
    """A plan that ships."""
    actions = {spec.action_id: spec for spec in (*ODOO.actions, *DOKPLOY.actions, *WEB.actions)}
    file = ROOT / "plans" / f"{name}.yaml"
    return load_plan(file.read_text(encoding="utf-8"), file.name, actions).compiled


def verify_lane() -> CompiledPlan:
    """The plan that ships and only reads."""
    return shipped("odoo-verify-lane")


def operation() -> Player:
    """An operation of the plan that ships, which has its lane."""
    asked = asked_for(shipped(), "prod", **REQUEST)
    player = Player(shipped(), asked, operation_id="op_01JA2B3C4D5E6F7G8H9JKMNPQR")
    player.tell(inputs.LaneGranted(target={}))
    return player


def path(player: Player) -> Overlay:
    """The path of an operation that is played."""
    return overlay(player.plan.plan, player.events, player.now)


def wait(player: Player, milliseconds: int) -> None:
    """Let time pass."""
    for _ in player.wait(milliseconds):
        pass


def approving() -> Player:
    """An operation that waits for its approval, and needed two attempts before."""
    player = operation()
    wait(player, 320)
    player.finish("policy_proof", digest="a")
    wait(player, 1_240)
    away = ev.Failure("unavailable", "Dokploy answered 502", {}, "unavailable")
    player.finish("target_proof", "fail", failure=away)
    wait(player, 5_000)
    player.finish("target_proof", digest="b")
    wait(player, 600_000)
    return player


def bootstrapping() -> Player:
    """An operation in the phase that destroys."""
    player = approving()
    approval = player.run.phase("approval").approval
    assert approval is not None
    approve = inputs.Approve(BOB, phase="approval", decision="approve", digest=approval.digest)
    player.tell(approve)
    wait(player, 43_000)
    return player


def failed() -> Player:
    """An operation that has failed, as one of its checks did."""
    player = bootstrapping()
    player.finish("bootstrap")
    wait(player, 60_000)
    player.finish("post_deploy")
    for branch in ("health", "canonical", "runtime_identity"):
        wait(player, 900)
        player.finish(branch)
    player.finish("logo", "fail", failure=ev.Failure("stock_logo", "the logo is Odoo's own"))
    return player


def cancelled() -> Player:
    """An operation that was cancelled where the plan has no answer to that."""
    player = operation()
    player.finish("policy_proof", digest="a")
    wait(player, 2_000)
    player.tell(inputs.Cancel(ANN, reason="not today"))
    return player
