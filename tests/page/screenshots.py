"""Pictures of every view, light and dark, wide and narrow: ``python -m tests.page.screenshots``.

They go to ``build/screenshots``; the one that the README shows is composed here too. Words of the
command line choose some of the views by the beginning of their names.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from laneway.testing.simulators.faults import Fault
from laneway.testing.simulators.timing import Durations
from laneway_server import logs

from .browser import Visitor, launched, visitor
from .stages import PLAN, Stage, demo, guarded

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "screenshots"
README = ROOT / "docs" / "images" / "page.png"
LONGER = Durations(bootstrap=2.4, post_deploy=1.1, deploy=0.3, slow=0.8)
"""So long that one sees how long each phase takes, and waits for no picture."""
THOUGHT = 1.3
MOST = 300_000
"""Bytes of the README's picture."""

WINDOWS = {"wide": {"width": 1280, "height": 860}, "narrow": {"width": 375, "height": 780}}
MARGIN = 24
MOST_HEIGHT = 3_000
SCHEMES = ("light", "dark")
TABS = ("diagram", "events", "request", "evidence")
NAMED = "localStorage.setItem('laneway.name', '{}')"


@dataclass(frozen=True)
class Shot:
    """A view: where it is, and what is done there before the picture is taken.

    Attributes:
        dialog: that opens a dialog, and the picture shows no more than the window.
    """

    name: str
    path: str
    act: Callable[[Visitor], Awaitable[Any]] | None = None
    dialog: bool = False


@dataclass(frozen=True)
class Scene:
    """A demo in which there is something to see.

    Attributes:
        passed: an operation that has passed.
        failed: one that has failed.
        waiting: one that waits for an approval.
        running: one that is in mid-bootstrap.
        unknown: one of whose bootstrap nobody knows what became.
    """

    stage: Stage
    passed: str = ""
    failed: str = ""
    waiting: str = ""
    running: str = ""
    unknown: str = ""


@asynccontextmanager
async def calm(folder: Path) -> AsyncIterator[Scene]:
    """One has failed, one has passed, one waits for an approval."""
    async with demo(folder) as stage:
        stage.world.dokploy.faults.add(Fault.COMMAND_FAILS, route="bootstrap", times=1)
        failed = await stage.submitted(who="ada", reason="a new database for the spring release")
        await stage.until(failed, "fail")
        passed = await stage.passed(who="ada", supersedes=failed, reason="once more, as agreed")
        waiting = await stage.submitted("prod", who="grace", reason="release 18.0.4")
        await stage.until(waiting, "waiting")
        for verb in ("freeze", "unfreeze"):
            await stage.call(
                "POST", f"/v1/lanes/odoo/cm/testing/{verb}", {"reason": "lunch"}, "ada"
            )
        yield Scene(stage, passed=passed, failed=failed, waiting=waiting)


@asynccontextmanager
async def busy(folder: Path) -> AsyncIterator[Scene]:
    """On prod one is in mid-bootstrap; on testing nobody knows what became of one."""
    async with demo(folder) as stage:
        faults = stage.world.dokploy.faults
        faults.add(Fault.ROWS_PRUNED, times=1)
        faults.add(Fault.DROP_WHILE_RUNNING, route="schedule.runManually", times=1)
        unknown = await stage.submitted(who="ada", reason="a new database for the spring release")
        await stage.until(unknown, "reconciliation_required")
        held = faults.add(Fault.COMMAND_WAITS, route="bootstrap", times=1)
        running = await approved(stage)
        await held.struck.wait()
        yield Scene(stage, unknown=unknown, running=running)
        faults.clear()


@asynccontextmanager
async def under_way(folder: Path) -> AsyncIterator[Scene]:
    """On prod one is nearly over: the new Odoo has not said yet that it is healthy."""
    async with demo(folder, durations=LONGER) as stage:
        dokploy, odoo = stage.world.dokploy.faults, stage.world.sites["prod"].faults
        dokploy.add(Fault.SLOW, route="compose.one", times=1)
        odoo.add(Fault.HANG, route="/web/health")
        running = await approved(stage, after=THOUGHT)
        for phase in ("canonical", "logo", "runtime_identity"):
            await stage.until_phase(running, phase, "pass")
        yield Scene(stage, running=running)
        odoo.clear()


async def approved(stage: Stage, after: float = 0) -> str:
    """A bootstrap of prod that was asked for by one and approved by another; its id.

    Args:
        after: seconds for which that one has thought about it.
    """
    operation = await stage.submitted("prod", who="grace", reason="release 18.0.4")
    shown = await stage.until(operation, "waiting")
    (digest,) = [each["approval"]["digest"] for each in shown["phases"] if "approval" in each]
    await asyncio.sleep(after)  # it is to be seen in the picture, and nothing waits for it
    said = {"phase": "approval", "decision": "approve", "comment": "the backup of tonight is there"}
    path = f"/v1/operations/{operation}/approvals"
    await stage.call("POST", path, {**said, "digest": digest}, "linus")
    return operation


async def _unfolded(person: Visitor) -> None:
    await person.button("Expand all").click()


async def _dry_run(person: Visitor) -> None:
    await person.page.get_by_label("Confirmation").fill("bootstrap cm testing")
    await person.button("Dry run").click()
    await person.main.get_by_text("All that could be tried").wait_for()


async def _approval(person: Visitor) -> None:
    await person.button("Approve…").click()
    await person.dialog.wait_for()


async def _reconciliation(person: Visitor) -> None:
    await person.button("It was done…").click()
    await person.dialog.wait_for()


def calm_shots(scene: Scene) -> list[Shot]:
    """The views of a calm demo."""
    operation, waiting = f"/operations/{scene.passed}", f"/operations/{scene.waiting}"
    submit = f"/submit?plan={PLAN}&product=odoo&context=cm&instance=testing"
    return [
        Shot("lanes", "/"),
        Shot("lane", "/lanes/odoo/cm/testing"),
        Shot("operation-passed", operation),
        Shot("operation-unfolded", operation, _unfolded),
        *(Shot(f"operation-{tab}", f"{operation}?tab={tab}") for tab in TABS),
        Shot("operation-failed", f"/operations/{scene.failed}"),
        Shot("operation-waiting", waiting),
        Shot("operation-approve", waiting, _approval, dialog=True),
        Shot("plans", "/plans"),
        Shot("plan", f"/plans/{PLAN}"),
        Shot("plan-source", f"/plans/{PLAN}?tab=source"),
        Shot("submit", submit),
        Shot("submit-dry-run", submit, _dry_run),
        Shot("history", "/operations"),
        Shot("audit", "/audit"),
        Shot("not-found", "/operations/op_00000000000000000000000000"),
    ]


def busy_shots(scene: Scene) -> list[Shot]:
    """The views of a busy one."""
    unknown = f"/operations/{scene.unknown}"
    return [
        Shot("lanes-busy", "/"),
        Shot("operation-running", f"/operations/{scene.running}"),
        Shot("operation-unknown", unknown),
        Shot("operation-reconcile", unknown, _reconciliation, dialog=True),
    ]


class Studio:
    """Takes the pictures.

    Args:
        chosen: beginnings of the names of the views; none: all of them.
    """

    def __init__(self, browser: Browser, chosen: list[str]) -> None:
        self._browser = browser
        self._chosen = tuple(chosen)

    async def shoot(self, url: str, shots: list[Shot], name: str = "linus") -> None:
        """Take every view in both schemes and windows."""
        wanted = [shot for shot in shots if shot.name.startswith(self._chosen or "")]
        if not wanted:
            return
        for scheme in SCHEMES:
            for window, size in WINDOWS.items():
                person, context = await visitor(
                    self._browser, url, viewport=size, color_scheme=scheme, reduced_motion="reduce"
                )
                await context.add_init_script(NAMED.format(name))
                for shot in wanted:
                    await self._take(person, shot, FOLDER / f"{shot.name}-{scheme}-{window}.png")
                await context.close()

    async def _take(self, person: Visitor, shot: Shot, file: Path) -> None:
        await person.go(shot.path)
        if shot.act:
            await shot.act(person)
        await settled(person)
        async with stretched(person, None if shot.dialog else MOST_HEIGHT):
            await person.page.screenshot(path=file)
        for trouble in person.troubles:
            print(f"{file.name}: {trouble}")  # noqa: T201 - the command's own output
        person.troubles.clear()

    async def readme(self, scene: Scene) -> None:
        """The README's picture: an operation under way."""
        size = {"width": 1180, "height": 1200}
        person, context = await visitor(
            self._browser, scene.stage.url, viewport=size, color_scheme="light"
        )
        await context.add_init_script(NAMED.format("linus"))
        await person.go(f"/operations/{scene.running}")
        await settled(person)
        box = await person.page.get_by_role("region", name="Timeline").bounding_box()
        assert box is not None
        height = box["y"] + box["height"] + MARGIN
        await person.page.screenshot(
            path=README, clip={"x": 0, "y": 0, "width": size["width"], "height": height}
        )
        await context.close()
        assert README.stat().st_size < MOST, f"{README} is larger than {MOST} bytes"


async def settled(person: Visitor) -> None:
    """Return when everything has been fetched, and every picture that shows is there."""
    await person.page.wait_for_function(
        """() => ![...document.querySelectorAll("[aria-busy=true]:not(button), .spinner")].some(
                (each) => each.checkVisibility())
            && [...document.images].every((image) => image.complete || !image.checkVisibility())"""
    )


@asynccontextmanager
async def stretched(person: Visitor, most: int | None) -> AsyncIterator[None]:
    """A window as high as the page, within bounds: what sticks to its end is at the end then."""
    before = person.page.viewport_size
    assert before is not None
    if most is not None:
        height = int(await person.page.evaluate("document.documentElement.scrollHeight"))
        await person.page.set_viewport_size(
            {"width": before["width"], "height": max(before["height"], min(height, most))}
        )
        await settled(person)
    yield
    await person.page.set_viewport_size(before)


async def main(chosen: list[str]) -> None:
    """Take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        studio = Studio(browser, chosen)
        with tempfile.TemporaryDirectory() as folder:
            async with calm(Path(folder)) as scene:
                await studio.shoot(scene.stage.url, calm_shots(scene))
        with tempfile.TemporaryDirectory() as folder:
            async with busy(Path(folder)) as scene:
                await studio.shoot(scene.stage.url, busy_shots(scene))
        if not chosen or "readme" in chosen:
            with tempfile.TemporaryDirectory() as folder:
                async with under_way(Path(folder)) as scene:
                    await studio.readme(scene)
        with tempfile.TemporaryDirectory() as folder:
            async with guarded(Path(folder)) as stage:
                await studio.shoot(stage.url, [Shot("signin", "/signin")])


if __name__ == "__main__":
    logs.configure("auto", "error")
    asyncio.run(main(sys.argv[1:]))
