"""What attempts left behind, what people decided and when, and what vouches for all of it."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from laneway.core.model import ActionSpec, Safety
from laneway.ports.driver import (
    Action,
    ActionContext,
    ActionResult,
    Artifact,
    DriverDescriptor,
)
from laneway_server import bootstrap

from .browser import Visitor
from .conftest import Visit
from .stages import Stage, demo, lane

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAN: dict[str, Any] = {
    "plan": "twice",
    "version": 1,
    "start": "look",
    "phases": {
        "look": {"action": "logs.look", "on": {"pass": "ask", "fail": "fail"}},
        "ask": {
            "approval": {"role": "release-manager", "quorum": 2, "expires": "1h"},
            "on": {"approved": "nap", "rejected": "refused", "expired": "refused"},
        },
        "nap": {"wait": "1500ms", "on": {"pass": "change"}},
        "change": {
            "action": "logs.change",
            "requires": {"look": {"max_age": "1s"}},
            "on": {"pass": "pass", "fail": "fail"},
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
        "refused": {"end": "refused"},
    },
}
"""What was looked at is too old once it is needed, so that it is looked at again."""


class Leaves:
    """Passes, and leaves a log of the one name that says whose it is."""

    def __init__(self, name: str, safety: Safety) -> None:
        self.spec = ActionSpec(f"logs.{name}", safety, label=name, description="Leaves a log.")

    async def run(self, context: ActionContext) -> ActionResult:
        text = f"{context.phase}, attempt {context.attempt}"
        log = Artifact(name="run.log", media_type="text/plain", content=text.encode())
        return ActionResult(outcome="pass", proof={"same": True}, artifacts=(log,))

    async def recover(self, context: ActionContext) -> ActionResult:
        raise AssertionError("it is never lost")

    async def dry_run(self, context: ActionContext) -> ActionResult:
        raise AssertionError("nobody asks for one")


class LogDriver:
    """Implements `laneway.ports.driver.Driver`."""

    def __init__(self) -> None:
        self._actions = (Leaves("look", Safety.READ), Leaves("change", Safety.MUTATION))
        self.descriptor = DriverDescriptor(
            driver_id="logs",
            label="Logs",
            description="For tests.",
            actions=tuple(action.spec for action in self._actions),
        )

    def actions(self) -> Sequence[Action]:
        """Its actions."""
        return self._actions

    async def start(self) -> None:
        """Nothing is shared."""

    async def stop(self) -> None:
        """Nothing is shared."""


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A demo with such a driver, and such a plan."""
    monkeypatch.setattr(bootstrap, "discover", lambda: (LogDriver(),))
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "twice.yaml").write_text(json.dumps(PLAN))
    async with demo(tmp_path, plans=str(tmp_path / "plans")) as running:
        yield running


async def asked(stage: Stage) -> str:
    """An operation that waits for two people; its id."""
    body = {"plan": "twice", "lane": lane("testing"), "request": {}}
    operation = str((await stage.call("POST", "/v1/operations", body, "ann"))["id"])
    await stage.until(operation, "waiting")
    return operation


async def approved(stage: Stage, operation: str, who: str) -> str:
    """Approve it; when that was, as the operation's events have it."""
    path = f"/v1/operations/{operation}"
    shown = await stage.call("GET", path)
    (digest,) = [each["approval"]["digest"] for each in shown["phases"] if "approval" in each]
    body = {"phase": "ask", "decision": "approve", "digest": digest}
    await stage.call("POST", f"{path}/approvals", body, who)
    events = (await stage.call("GET", f"{path}/events"))["events"]
    (at,) = [
        each["at"]
        for each in events
        if each["type"] == "approval_decided" and each["data"]["by"]["subject"] == who
    ]
    return str(at)


async def shows(artifacts: Locator, text: str) -> None:
    """Hold that the log of a list with one says that; the newest visit's is open already."""
    folded = artifacts.get_by_role("button", name="Show")
    if await folded.count():
        await folded.click()
    await expect(artifacts.get_by_label("run.log", exact=True)).to_contain_text(text)


async def loaded_down(person: Visitor, artifacts: Locator) -> str:
    """What the link of a list with one gives."""
    link = artifacts.get_by_role("link", name="Download run.log")
    text: str = await link.evaluate("async (link) => (await fetch(link.href)).text()")
    return text


async def test_each_phase_and_each_visit_shows_its_own_of_a_name_that_they_share(
    stage: Stage, visit: Visit
):
    operation = await asked(stage)
    for who in ("bob", "cid"):
        await approved(stage, operation, who)
    over = await stage.until(operation, "pass")
    newest = {each["name"]: each["attempt"] for each in over["phases"]}
    assert newest["look"] > 1
    ann = await visit(stage.url, f"/operations/{operation}")
    await ann.button("Expand all").click()
    before = ann.main.locator("details", has_text="Visit 1").locator("summary").first
    await before.click()
    lists = ann.page.get_by_role("group", name="Artifacts")
    expected = [
        f"look, attempt {newest['look']}",
        *(f"look, attempt {number}" for number in range(1, newest["look"])),
        f"change, attempt {newest['change']}",
    ]
    await expect(lists).to_have_count(2 + newest["look"] - 1)
    for place in (0, 1, -1):
        await shows(lists.nth(place), expected[place])
    for place, text in enumerate(expected):
        assert await loaded_down(ann, lists.nth(place)) == text


async def test_who_decided_stands_with_when(stage: Stage, visit: Visit):
    operation = await asked(stage)
    at = await approved(stage, operation, "bob")
    ann = await visit(stage.url, f"/operations/{operation}")
    waiting = ann.page.get_by_role("listitem").filter(has_text="has approved")
    await expect(waiting.locator("time")).to_have_attribute("datetime", at)
    await expect(waiting.locator("time")).to_have_attribute("title", f"{at[:10]} {at[11:-1]} UTC")
    await ann.button("Expand all").click()
    told = ann.page.get_by_role("group", name="Approval").get_by_role("listitem")
    await expect(told).to_contain_text("bob approved")
    await expect(told.locator("time")).to_have_attribute("datetime", at)


async def test_a_demos_bundle_is_verified_and_said_to_be_a_demos(stage: Stage, visit: Visit):
    operation = await asked(stage)
    ann = await visit(stage.url, f"/operations/{operation}?tab=evidence")
    verification = ann.page.get_by_role("region", name="Verification")
    await expect(verification).to_contain_text("It is what the server wrote, signed by")
    await expect(verification).to_contain_text("demo key, worth nothing")
    await expect(verification.get_by_role("cell", name="holds", exact=True)).to_have_count(13)
    said = await stage.call("GET", "/v1/evidence-key")
    await expect(verification).to_contain_text(said["keyid"][:16])
