"""``prune``, ``hold``, ``release`` and ``db backup``."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from laneway.core.events import Actor
from laneway.core.model import EndStatus
from laneway.core.retention import DAY, Stay
from laneway.ports.retention import Hold
from laneway.ports.store import Store
from laneway.testing.store_promises import commit_all
from laneway.testing.store_promises_retention import SHORT, over
from laneway.testing.store_samples import accepted, moment
from laneway_server.bootstrap import opened_store
from laneway_server.cli.application import app
from laneway_server.cli.retention import _BECAUSE
from tests.integration.cli.support import OPERATION, problem, run, speaking

LONG_AGO = -1_000 * DAY
"""So long before the samples' time that a test's clock may be set as it likes."""


def laneway(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def use(database: Path, work: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def opened() -> None:
        async with opened_store(database, migrate=True) as store:
            await work(store)

    asyncio.run(opened())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One that may go, one that is on hold, one that passed last, and the newest."""

    async def fill(store: Store) -> None:
        await store.save_plan(SHORT)
        lease = await store.claim("test", moment(0))
        statuses = (EndStatus.FAIL, EndStatus.FAIL, EndStatus.PASS, EndStatus.REFUSED)
        for number, status in enumerate(statuses, start=1):
            await commit_all(store, lease, over(f"op_{number}", status, LONG_AGO + number))
        hold = Hold(operation_id="op_2", by=Actor("caller", "ann"), reason="why", at=moment(0))
        await store.retention.hold(hold)

    file = tmp_path / "laneway.db"
    use(file, fill)
    return file


def prune(database: Path, *options: str) -> Any:
    result = laneway("prune", "--database", str(database), "--json", *options)
    assert result.exit_code == 0, result.stderr
    return msgspec.json.decode(result.stdout)


def test_a_dry_run_says_what_would_go_and_what_stays_and_why(database: Path):
    before = database.read_bytes()
    result = laneway("prune", "--dry-run", "--database", str(database))
    assert result.exit_code == 0
    ended = moment(LONG_AGO + 1)
    assert result.stdout.splitlines()[0] == (
        f"op_1  short-lived  odoo/cm/testing  fail  {ended}  goes: keep_days 1, keep_last 1"
    )
    assert [line.partition("  stays: ")[2] for line in result.stdout.splitlines()[1:4]] == [
        "it is on hold",
        "it is the last of its plan that passed on its lane",
        "it is among the 1 newest of its plan on its lane",
    ]
    assert result.stdout.splitlines()[4] == "✓ 1 operation would go; 3 past their days stay"
    assert database.read_bytes() == before


def test_a_dry_run_and_what_is_done_say_the_same(database: Path):
    looked, done, again = prune(database, "--dry-run"), prune(database), prune(database)
    assert looked["gone"] == done["gone"]
    assert [each["operation"] for each in done["gone"]] == ["op_1"]
    assert [each["stays"] for each in looked["stay"]] == ["on_hold", "last_pass", "keep_last"]
    assert (looked["dry_run"], done["dry_run"]) == (True, False)
    assert done["removed"] == {"events": 2, "artifacts": 0, "plans": 0}
    assert again["gone"] == []


def test_pruning_is_told_in_lines_too(database: Path):
    result = laneway("prune", "--database", str(database))
    assert result.stdout.splitlines()[-1] == "✓ 1 operation went, with 2 events"


def test_what_was_pruned_leaves_a_sound_database(database: Path):
    prune(database)
    result = laneway("db", "check", "--database", str(database), "--json")
    assert (result.exit_code, msgspec.json.decode(result.stdout)["operations"]) == (0, 3)


def test_a_dry_run_may_look_while_a_server_has_the_database_open(database: Path):
    told: list[Result] = []

    async def beside(store: Store) -> None:
        for options in (("--dry-run",), ()):
            command = ("prune", "--database", str(database), *options)
            told.append(await asyncio.to_thread(laneway, *command))

    use(database, beside)
    assert [result.exit_code for result in told] == [0, 1]
    assert "in use by" in told[1].stderr


def test_a_copy_is_made_while_a_server_has_the_database_open(database: Path, tmp_path: Path):
    copy = tmp_path / "copy.db"
    told: list[Result] = []

    async def beside(store: Store) -> None:
        for options in ((), (), ("--json",)):
            command = ("db", "backup", str(copy), "--database", str(database), *options)
            told.append(await asyncio.to_thread(laneway, *command))
            if options == () and len(told) == 2:
                copy.unlink()

    use(database, beside)
    assert [result.exit_code for result in told] == [0, 1, 0]
    size = copy.stat().st_size
    assert told[0].stdout.startswith(f"✓ {copy}: 4 operations, {size} bytes\n")
    assert f"laneway db check --database {copy}" in told[0].stdout
    assert "is there already" in told[1].stderr
    document = msgspec.json.decode(told[2].stdout)
    assert document == {"file": str(copy), "size": size, "operations": 4, "position": 8}


@pytest.mark.parametrize("command", [("prune",), ("prune", "--dry-run"), ("db", "backup", "x")])
def test_a_database_that_is_not_there_is_a_mistake_of_the_caller(
    tmp_path: Path, command: Sequence[str]
):
    result = laneway(*command, "--database", str(tmp_path / "missing.db"))
    assert result.exit_code == 2
    assert "there is no database" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_every_reason_to_stay_has_words():
    assert {Stay(name) for name in _BECAUSE} == set(Stay)


HELD = {"operation": OPERATION, "held": True, "by": None, "reason": "auditors", "at": None}


@pytest.mark.parametrize(
    ("verb", "told"), [("hold", "stays until it is released"), ("release", "may go")]
)
async def test_an_operation_is_put_on_hold_and_released(verb: str, told: str):
    async with speaking() as speaker:
        for _ in range(2):
            speaker.next(f"POST /v1/operations/{OPERATION}/{verb}", web.json_response(HELD))
        result = await run(speaker, verb, OPERATION, "--reason", "auditors")
        raw = await run(speaker, verb, OPERATION, "--reason", "auditors", "--json")
    assert (result.exit_code, result.stdout) == (0, f"✓ {OPERATION} {told}\n")
    assert msgspec.json.decode(raw.stdout) == HELD


async def test_what_was_pruned_is_told_in_words():
    left = {"id": OPERATION, "status": "fail", "head": "0" * 64}
    detail = f"{OPERATION} was pruned at 2026-01-31T09:30:00.000Z"
    gone = problem(410, "events_expired", "The operation was pruned", detail, operation=left)
    async with speaking() as speaker:
        speaker.next(f"GET /v1/operations/{OPERATION}", gone)
        result = await run(speaker, "status", OPERATION)
    assert result.exit_code == 1
    assert f"The operation was pruned: {detail}" in result.stderr
    assert f"laneway status {OPERATION} --json" in result.stderr


def test_an_operation_that_has_not_ended_is_not_even_looked_at(database: Path):
    async def begin(store: Store) -> None:
        lease = await store.claim("test", moment(0))
        await store.commit(accepted("op_5", at=LONG_AGO, plan=SHORT), lease)

    use(database, begin)
    looked = prune(database, "--dry-run")
    named = [each["operation"] for each in looked["gone"] + looked["stay"]]
    assert sorted(named) == ["op_1", "op_2", "op_3", "op_4"]
