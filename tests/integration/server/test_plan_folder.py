"""Plans that follow their folder: what is offered, what is refused, and what stays in force."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.clock import ManualClock
from laneway_server.plan_folder import PlanFolder
from tests.integration.server.support import SPECS, TOO_LONG

PLAN = """
plan: {name}
version: {version}
title: {title}
start: look
phases:
  look: {{action: test.prove, on: {{pass: pass, fail: fail}}}}
  pass: {{end: pass}}
  fail: {{end: fail}}
"""
BROKEN = "plan: look\nversion: 1\nstart: nowhere\nphases: {}\n"


class Edited:
    """A folder that somebody edits, and what follows it."""

    def __init__(self, folder: Path, store: SqliteStore) -> None:
        self.folder = folder
        self.store = store
        self.clock = ManualClock()
        self.plans = PlanFolder(folder, SPECS, self.clock)

    def write(self, text: str, file: str = "look.yaml") -> None:
        """Write a file as editors do: beside it, and then in its place."""
        beside = self.folder / f".{file}.new"
        beside.write_text(text, encoding="utf-8")
        beside.rename(self.folder / file)

    def plan(self, version: int = 1, title: str = "Look", name: str = "look") -> str:
        return PLAN.format(name=name, version=version, title=title)

    async def seen(self) -> None:
        """Return when the folder was read once more, and stands still."""
        async with asyncio.timeout(TOO_LONG):
            await self.plans.loaded(self.plans.loads + 1)

    def offers(self) -> dict[str, int]:
        return {name: plan.compiled.plan.version for name, plan in self.plans.plans.items()}

    def codes(self) -> dict[str, list[str]]:
        errors = self.plans.errors.items()
        return {Path(file).name: [error.code for error in found] for file, found in errors}


@pytest.fixture
async def edited(tmp_path: Path) -> AsyncIterator[Edited]:
    folder = tmp_path / "plans"
    folder.mkdir()
    store = await SqliteStore.open(tmp_path / "laneway.db")
    found = Edited(folder, store)
    found.write(found.plan())
    await found.plans.start(store.plan_versions)
    yield found
    await found.plans.stop()
    await store.close()


async def until(edited: Edited, offers: dict[str, int], codes: dict[str, list[str]]) -> None:
    """Wait until it offers that, and complains of that; the folder may be read in between."""
    async with asyncio.timeout(TOO_LONG):
        while (edited.offers(), edited.codes()) != (offers, codes):
            await edited.plans.loaded(edited.plans.loads + 1)


async def test_an_edit_with_a_new_version_is_offered(edited):
    edited.write(edited.plan(version=2, title="Look twice"))
    await until(edited, {"look": 2}, {})
    plan = edited.plans.offered("look")
    assert plan is not None
    assert plan.compiled.plan.title == "Look twice"


async def test_a_new_file_is_offered_and_a_removed_one_is_not(edited):
    edited.write(edited.plan(name="other"), "other.yaml")
    await until(edited, {"look": 1, "other": 1}, {})
    (edited.folder / "look.yaml").unlink()
    await until(edited, {"other": 1}, {})


async def test_a_file_that_breaks_leaves_its_plan_in_force_and_says_so(edited):
    edited.write(BROKEN)
    await edited.seen()
    assert edited.offers() == {"look": 1}
    assert edited.codes()["look.yaml"]
    edited.write(edited.plan(version=2))
    await until(edited, {"look": 2}, {})


async def test_other_content_under_the_same_version_is_refused(edited):
    edited.write(edited.plan(title="Look away"))
    await until(edited, {"look": 1}, {"look.yaml": ["version_not_raised"]})
    plan = edited.plans.offered("look")
    assert plan is not None
    assert plan.compiled.plan.title == "Look"
    (error,) = next(iter(edited.plans.errors.values()))
    assert (error.line, error.column) == (3, 10)
    edited.write(edited.plan())
    await until(edited, {"look": 1}, {})


async def test_a_version_stays_what_it_was_over_a_restart(edited):
    edited.write(edited.plan(version=2))
    await until(edited, {"look": 2}, {})
    await edited.plans.stop()
    edited.write(edited.plan(version=2, title="Another two"))
    edited.write(edited.plan(name="fine"), "fine.yaml")
    again = PlanFolder(edited.folder, SPECS, edited.clock)
    await again.start(edited.store.plan_versions)
    assert list(again.plans) == ["fine"]
    assert [error.code for found in again.errors.values() for error in found] == [
        "version_not_raised"
    ]
    await again.stop()


async def test_going_back_to_an_earlier_version_as_it_was_is_possible(edited):
    edited.write(edited.plan(version=2))
    await until(edited, {"look": 2}, {})
    edited.write(edited.plan(version=1))
    await until(edited, {"look": 1}, {})


async def test_when_a_version_was_first_seen_is_kept(edited):
    began = edited.clock.now()
    edited.clock.move(60_000)
    edited.write(edited.plan(version=2))
    await until(edited, {"look": 2}, {})
    seen = {each.version: each.first_seen_at for each in await edited.store.plan_versions.all()}
    assert seen == {1: began, 2: edited.clock.now()}


async def test_what_is_no_plan_changes_nothing(edited):
    (edited.folder / "notes.txt").write_text("x", encoding="utf-8")
    await edited.seen()
    assert edited.offers() == {"look": 1}
    assert edited.codes() == {}
