"""Target records that follow their file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from laneway.core.model import Lane
from laneway.loading.problems import FileInvalid
from laneway.testing.clock import ManualClock
from laneway_server import following
from laneway_server.settings import Settings
from laneway_server.targets import ReloadingTargets

TESTING, PROD = (Lane("odoo", "cm", instance) for instance in ("testing", "prod"))
RECORDS = "targets:\n  - product: odoo\n    context: cm\n    instance: testing\n"
MORE = RECORDS + "  - {product: odoo, context: cm, instance: prod}\n"
MISPLACED = "sk-live-0123456789"
"""A secret that somebody writes where a reference to it belongs."""
BROKEN = RECORDS + (
    "    dokploy: {url: 'https://d.example.org', compose_id: c, api_key: " + MISPLACED + "}\n"
)


class Seconds:
    """A time that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Counted:
    """A function, and how often it was called."""

    def __init__(self, function: Callable[[Path], Any]) -> None:
        self._function = function
        self.calls = 0

    def __call__(self, path: Path) -> Any:
        self.calls += 1
        return self._function(path)


class File:
    """A targets file, and records that follow it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "targets.yaml"
        self.path.write_text(RECORDS)
        self.clock, self.seconds = ManualClock(), Seconds()
        self.records = ReloadingTargets(self.path, self.clock, seconds=self.seconds)

    def later(self, seconds: float = following.EVERY) -> None:
        self.seconds.now += seconds

    def become(self, text: str) -> None:
        """Be replaced, as editors and deployments do it, and be due to be looked at."""
        draft = self.path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.path)
        self.later()

    def errors(self) -> list[tuple[int, int, str]]:
        found = self.records.standing().errors
        return [(error.line, error.column, error.code) for error in found]


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def test_a_change_is_seen_without_a_restart(file: File):
    assert file.records.target(PROD) is None
    before = file.records.standing().loaded_at
    file.clock.move(60_000)
    file.become(MORE)
    assert file.records.target(PROD) == {"product": "odoo", "context": "cm", "instance": "prod"}
    assert file.records.standing().loaded_at > before
    file.become(RECORDS)
    assert file.records.target(PROD) is None, "what is taken out of the file is gone"


def test_a_file_that_cannot_be_used_replaces_nothing(file: File):
    loaded_at = file.records.standing().loaded_at
    file.become(BROKEN)
    assert file.records.target(TESTING) is not None
    assert file.errors() == [(5, 69, "bad_format")]
    assert file.records.standing().loaded_at == loaded_at
    file.become(MORE)
    assert file.records.target(PROD) is not None
    assert file.errors() == []


def test_a_file_that_is_gone_replaces_nothing(file: File):
    file.path.unlink()
    file.later()
    assert file.records.target(TESTING) is not None
    assert file.errors() == [(1, 1, "unreadable")]
    file.become(RECORDS)
    assert file.errors() == []


def test_a_change_that_leaves_size_and_time_is_seen_by_the_new_file(file: File):
    before = file.path.stat()
    other = RECORDS.replace("testing", "testinG")
    draft = file.path.with_suffix(".draft")
    draft.write_text(other)
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    file.become(other)
    assert file.records.target(TESTING) is None


def test_the_file_is_looked_at_once_a_second_and_read_only_when_it_changed(
    file: File, monkeypatch: pytest.MonkeyPatch
):
    looks, reads = Counted(following._signature), Counted(file.records._followed._load)
    monkeypatch.setattr(following, "_signature", looks)
    monkeypatch.setattr(file.records._followed, "_load", reads)
    for _ in range(10):
        file.records.target(TESTING)
    assert (looks.calls, reads.calls) == (0, 0), "it was looked at just now, when it was loaded"
    file.later()
    for _ in range(10):
        file.records.target(TESTING)
    assert (looks.calls, reads.calls) == (1, 0)


def test_a_secret_in_the_wrong_place_is_not_repeated(file: File):
    with structlog.testing.capture_logs() as logs:
        file.become(BROKEN)
        shown = repr(file.records.standing())
    (entry,) = logs
    assert entry["event"] == "targets_kept"
    assert "this is not a reference to a secret" in entry["errors"][0]
    assert MISPLACED not in shown + repr(logs)


@pytest.mark.parametrize(
    "url", ["https://user:hunter22@d.example.org", "https://d.example.org?k=1"]
)
def test_an_address_with_a_password_or_a_query_is_refused_and_not_repeated(file: File, url: str):
    file.become(BROKEN.replace("https://d.example.org", url).replace(MISPLACED, "env:KEY"))
    assert file.errors() == [(5, 20, "bad_format")]
    with pytest.raises(FileInvalid) as invalid:
        ReloadingTargets(file.path, file.clock)
    assert url not in str(invalid.value)
    assert "without password and query" in str(invalid.value)


async def test_a_running_server_follows_its_file_and_says_how_that_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import aiohttp

    from laneway_server.bootstrap import build

    monkeypatch.setattr(following, "EVERY", 0.0)
    path = tmp_path / "targets.yaml"
    path.write_text(RECORDS)
    settings = Settings(
        listen="127.0.0.1:0",
        database=str(tmp_path / "laneway.db"),
        targets=str(path),
        open_access=True,
    )

    async def get(url: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.json()

    async with build(settings) as server:
        lane = f"{server.url}/v1/lanes/odoo/cm/prod"
        assert (await get(lane))[0] == 404
        path.write_text(MORE)
        assert (await get(lane))[0] == 200
        path.write_text(BROKEN)
        assert (await get(lane))[0] == 200
        _, health = await get(f"{server.url}/v1/health")
        assert health["status"] == "ok"
        assert health["targets"]["file"] == "targets.yaml"
        assert health["targets"]["errors"] == [{"line": 5, "column": 69, "code": "bad_format"}]
