"""docs/drivers.md: its example is as shown, is found, keeps the contract, and runs in a plan."""

import asyncio
import importlib
import re
import tomllib
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from laneway_statuspage import ANNOUNCE, DESCRIPTOR
from test_laneway_statuspage import (  # the example's own tests, as its author runs them
    TOKEN,
    StatusPage,
    TestStatusPageDriver,
    rig,
    test_a_lost_answer_is_looked_up,
    test_a_token_that_is_refused_is_a_failure_and_nothing_was_posted,
    test_an_open_notice_is_not_quiet,
    test_what_cannot_be_told_stays_unknown,
)

from laneway.drivers.registry import discover
from laneway_server import bootstrap
from laneway_server.bootstrap import build
from laneway_server.settings import Settings

__all__ = [
    "TestStatusPageDriver",
    "rig",
    "test_a_lost_answer_is_looked_up",
    "test_a_token_that_is_refused_is_a_failure_and_nothing_was_posted",
    "test_an_open_notice_is_not_quiet",
    "test_what_cannot_be_told_stays_unknown",
]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "statuspage"
PAGE = (ROOT / "docs" / "drivers.md").read_text(encoding="utf-8")
LANE = {"product": "odoo", "context": "cm", "instance": "testing"}
TOO_LONG = 30.0


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The metadata that installing the example leaves behind."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = tmp_path / f"laneway_statuspage-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()


def test_without_being_installed_it_is_not_there():
    assert "statuspage" not in {driver.descriptor.driver_id for driver in discover()}


@pytest.mark.usefixtures("installed")
def test_once_it_is_installed_it_is_found():
    found = {driver.descriptor.driver_id: driver for driver in discover()}
    assert found["statuspage"].descriptor == DESCRIPTOR
    assert bootstrap.action_specs()["statuspage.announce"] == ANNOUNCE


def settings(folder: Path, page: StatusPage, **more: Any) -> Settings:
    """A server with the example's plan and its target record."""
    record = (EXAMPLE / "targets.yaml").read_text(encoding="utf-8")
    (folder / "targets.yaml").write_text(record.replace("https://status.example.org", page.url))
    return Settings(
        listen="127.0.0.1:0",
        database=str(folder / "laneway.db"),
        plans=str(EXAMPLE / "plans"),
        targets=str(folder / "targets.yaml"),
        open_access=True,
        **more,
    )


async def operate(url: str, **submission: Any) -> Any:
    """Submit the example's plan, and wait for the operation's end."""
    body = {"plan": "announce", "lane": LANE, "request": {"title": "Work"}, **submission}
    async with asyncio.timeout(TOO_LONG), aiohttp.ClientSession() as session:
        keyed = {"Idempotency-Key": uuid4().hex}
        async with session.post(f"{url}/v1/operations", json=body, headers=keyed) as answer:
            shown = await answer.json()
            assert answer.status == 202, shown
        while shown["finished_at"] is None:
            place = f"{url}/v1/operations/{shown['id']}?after={shown['seq']}&wait=10s"
            async with session.get(place) as answer:
                shown = await answer.json() if answer.status == 200 else shown
        return shown


@pytest.mark.usefixtures("installed")
async def test_it_runs_in_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STATUSPAGE_TOKEN", TOKEN)
    async with StatusPage() as page, build(settings(tmp_path, page)) as server:
        tried = await operate(server.url, dry_run=True)
        assert (tried["status"], page.posts) == ("pass", 0)
        assert tried["phases"][1]["evidence"]["would_send"]["title"] == "Work"
        shown = await operate(server.url)
        assert shown["status"] == "pass", shown
        assert [notice["title"] for notice in page.notices] == ["Work"]
        again = await operate(server.url, reason="again")
        assert (again["status"], again["failure"]["code"]) == ("fail", "page_not_quiet")
    assert TOKEN.encode() not in content(tmp_path)


def content(folder: Path) -> bytes:
    """The bytes of everything in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_what_the_page_shows_is_what_is_in_the_example():
    code = (EXAMPLE / "laneway_statuspage.py").read_text(encoding="utf-8")
    tests = (EXAMPLE / "test_laneway_statuspage.py").read_text(encoding="utf-8")
    shown = blocks("python")
    assert len(shown) >= 4
    for block in shown:
        assert block in code or block in tests, block
    for language, name in (("toml", "pyproject.toml"), ("yaml", "targets.yaml")):
        content = (EXAMPLE / name).read_text(encoding="utf-8")
        for block in blocks(language):
            assert block in content, block


def test_the_page_explains_every_flag_of_an_action():
    for word in ("safety", "outcomes", "idempotent", "recoverable", "supports_dry_run"):
        assert f"`{word}`" in PAGE
