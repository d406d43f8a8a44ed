"""docs/approvals.md: its commands are run, in order, and are answered as it says."""

import re
from pathlib import Path

import yaml

from laneway.testing.simulators.faults import Fault
from tests.support.guarded_world import OVER, SHIPPED, GuardedWorld, guarded_world
from tests.support.issuer import GITHUB_CLAIMS
from tests.support.pages import Session

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "approvals.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "docs" / "examples" / "access.yaml").read_text(encoding="utf-8")
AT_ONCE = "1ms"
"""A proof is made again before whatever is approved, as if the approval had taken long."""


def test_the_plan_is_the_one_that_ships_but_for_the_quorum():
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    phase = yaml.safe_load(shown)["approval"]
    assert phase["approval"].pop("quorum") == 2
    shipped = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))["phases"]["approval"]
    assert shipped["approval"].pop("quorum") == 1
    assert phase == shipped


async def test_every_answer_is_the_servers(tmp_path: Path):
    async with guarded_world(tmp_path) as there:
        there.access(EXAMPLE)
        there.plan(version=1, quorum=2, max_age=AT_ONCE)
        there.bootstrapped()
        await there.start()
        people = {
            "GRACE": there.manager("grace", "2001"),
            "LINUS": there.manager("linus", "2002"),
            "ADA": there.manager("ada", str(GITHUB_CLAIMS["actor_id"])),
        }
        around = {"LANEWAY_SERVER": there.server.url, **people}
        async with Session(PAGE, tmp_path, around) as session:
            await two_approve(there, session)
            await self_approval(there, session)
            await another_target(there, session, people)
            await nobody_decides(there, session)
            await taken_back(there, session, people)
            await session.read("9.")
            assert not session.left


async def next_one(
    there: GuardedWorld, session: Session, number: int, digest: str, status: str = "waiting"
) -> None:
    """The workflow asks for the page's next operation, whose approval has that digest."""
    await there.submit()
    await there.until(status)
    session.knows(f"op_01KC{number}…", there.operation)
    session.knows(f"sha256:{digest}…", await there.digest())


async def two_approve(there: GuardedWorld, session: Session) -> None:
    await there.submit(dry_run=True)
    assert (await there.until(*OVER))["status"] == "pass"
    await there.submit()
    await there.until("waiting")
    await session.read("1.", "2.", "3.", "4.")
    await there.until("pass")


async def self_approval(there: GuardedWorld, session: Session) -> None:
    await next_one(there, session, 2, "c0a3")
    await session.read("5.")


async def another_target(there: GuardedWorld, session: Session, people: dict[str, str]) -> None:
    there.changes_target()
    await there.approve(people["GRACE"], people["LINUS"])
    await there.until("waiting")
    await session.read("6.")


async def nobody_decides(there: GuardedWorld, session: Session) -> None:
    await there.replan(2, quorum=2, expires="2s")
    await next_one(there, session, 3, "5e90", "refused")
    await session.read("7.")


async def taken_back(there: GuardedWorld, session: Session, people: dict[str, str]) -> None:
    await there.replan(3, quorum=2, max_age=AT_ONCE)
    await next_one(there, session, 4, "88aa")
    await session.read("8.", most=1)
    begun = there.world.dokploy.faults.add(Fault.COMMAND_WAITS, route="bootstrap")
    comments = ("backup of today", "go")
    await there.approve(people["GRACE"], people["LINUS"], comments=comments)
    await begun.struck.wait()
    await session.read("8.")
