"""The command against the real server, with simulators in which nothing takes long."""

import asyncio
import functools
import shlex
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from typer.testing import CliRunner

from laneway.testing.simulators import DemoWorld, Durations
from laneway_server import bootstrap
from laneway_server.cli.application import app
from laneway_server.cli.banner import banner
from laneway_server.cli.demo import BODY
from laneway_server.client import LanewayClient
from laneway_server.client.follow import Follower
from laneway_server.client.patience import Patience
from laneway_server.client.snapshots import Event
from laneway_server.client.surroundings import Surroundings
from laneway_server.config import load
from laneway_server.service import Service
from tests.integration.cli.support import run
from tests.integration.cli.test_follow import Witness

QUICK = Durations(bootstrap=0.05, post_deploy=0.05, deploy=0.05)
TESTING = ("odoo-stable-bootstrap", "odoo/cm/testing", "--set", "confirmation=bootstrap cm testing")
PROD = ("odoo-stable-bootstrap", "odoo/cm/prod", "--set", "confirmation=bootstrap cm prod")
PHASES = (
    "Policy proof",
    "Target proof",
    "Bootstrap",
    "Post-deploy",
    "Verification: Health",
    "Verification: Canonical link",
    "Verification: Logo",
    "Verification: Runtime identity",
    "Verification",
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(bootstrap, "DemoWorld", functools.partial(DemoWorld, durations=QUICK))
    # A server in this process must not log to what the command under test prints to.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "laneway.db"


def service(database: Path, listen: str = "127.0.0.1:0") -> Service:
    flags = {"demo": True, "listen": listen, "database": database}
    return bootstrap.build(load(flags=flags))


@pytest.fixture
async def url(database: Path) -> AsyncIterator[str]:
    async with service(database) as serving:
        yield serving.url


async def decoded(url: str, *arguments: str) -> Any:
    result = await run(url, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return msgspec.json.decode(result.stdout)


def check_demo(stdout: str) -> None:
    for phase in PHASES:
        assert f" ✓ {phase} pass " in stdout
    assert " ✓ Odoo stable bootstrap pass " in stdout


def test_the_demo_shows_every_phase_and_keeps_the_operation(
    database: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LANEWAY_TOKEN", "a token of another server that is none of its business")
    runner = CliRunner()
    first = runner.invoke(app, ["demo", "--database", str(database)])
    assert first.exit_code == 0, first.stderr
    check_demo(first.stdout)
    assert f"serve --demo --database {database}" in first.stdout
    assert "curl -sS http://127.0.0.1:8080/v1/operations/op_" in first.stdout
    assert not any(line.endswith(" ") for line in first.stdout.splitlines())

    again = runner.invoke(app, ["demo", "--database", str(database), "--json"])
    assert again.exit_code == 0, again.stderr
    operation = msgspec.json.decode(again.stdout)
    assert operation["status"] == "pass"
    assert operation["supersedes"] in first.stdout
    check_demo(again.stderr)

    checked = runner.invoke(app, ["db", "check", "--database", str(database), "--json"])
    found = msgspec.json.decode(checked.stdout)
    assert (checked.exit_code, found["operations"], found["broken"]) == (0, 2, {})
    assert found["events"] > 2 * len(PHASES)


async def test_an_operation_is_submitted_watched_listed_and_found_again(url: str):
    submitted = await run(url, "submit", *TESTING, "--wait", "--key", "first")
    assert submitted.exit_code == 0, submitted.stderr
    check_demo(submitted.stdout)
    again = await decoded(url, "submit", *TESTING, "--key", "first")
    assert again["status"] == "pass"
    watched = await run(url, "watch", again["id"], "--json")
    seqs = [msgspec.json.decode(line)["seq"] for line in watched.stdout.splitlines()]
    assert seqs == list(range(1, again["seq"] + 1))
    listed = await decoded(url, "list", "--lane", "odoo/cm/testing", "--status", "pass")
    assert [each["id"] for each in listed["operations"]] == [again["id"]]
    assert "✓  Post-deploy" in (await run(url, "status", again["id"])).stdout
    assert again["id"] in (await run(url, "lane", "show", "odoo/cm/testing")).stdout


async def test_refusals_are_said_with_their_reasons(url: str):
    assert (await run(url, "submit", *TESTING, "--wait")).exit_code == 0
    repeated = await run(url, "submit", *TESTING, "--wait")
    assert repeated.exit_code == 7
    assert "repeat_not_accepted" in repeated.stderr
    wrong = await run(url, "submit", *TESTING[:2], "--set", "confirm=x")
    assert wrong.exit_code == 7
    assert "/request/confirm" in wrong.stderr
    refused = await run(url, "submit", *PROD[:2], "--set", "confirmation=please", "--wait")
    assert refused.exit_code == 3
    assert "⊘ Policy proof refused" in refused.stdout


async def test_somebody_else_approves(url: str, monkeypatch: pytest.MonkeyPatch):
    operation = (await decoded(url, "submit", *PROD))["id"]
    async with LanewayClient(url) as client:
        while (now := await client.operation(operation))["status"] != "waiting":
            await client.events(operation, now["seq"], 30)
    mine = await run(url, "approve", operation, "--yes")
    assert mine.exit_code == 1
    assert "self_approval" in mine.stderr
    monkeypatch.setenv("LANEWAY_TOKEN", "bob")
    theirs = await run(url, "approve", operation, "--yes", "--comment", "go")
    assert theirs.exit_code == 0, theirs.stderr
    watched = await run(url, "watch", operation)
    assert watched.exit_code == 0
    assert "approved by bob: go" in watched.stdout


async def test_an_approval_is_taken_back_before_it_is_used(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    operation = (await decoded(url, "submit", *PROD))["id"]
    async with LanewayClient(url) as client:
        while (now := await client.operation(operation))["status"] != "waiting":
            await client.events(operation, now["seq"], 30)
    monkeypatch.setenv("LANEWAY_TOKEN", "bob")
    for command in (("pause",), ("approve", "--yes"), ("revoke", "approval", "--reason", "no")):
        told = await run(url, command[0], operation, *command[1:])
        assert told.exit_code == 0, told.stderr
    assert (await decoded(url, "resume", operation))["status"] == "waiting"
    shown = await run(url, "status", operation)
    assert "the approval of Approval by a release manager is taken back by bob: no" in shown.stdout
    assert shown.stdout.count("needs release-manager until") == 2


class Restarting(Witness):
    """Lets the server be restarted once the bootstrap has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def happened(self, event: Event, raw: str) -> None:
        super().happened(event, raw)
        if event.type == "phase_started" and event.phase == "bootstrap":
            self.begun.set()


async def test_a_watcher_survives_a_restart_of_the_server(database: Path):
    first, witness, back = service(database), Restarting(), asyncio.Event()
    await first.start()
    around = Surroundings(sleep=lambda _: back.wait())
    async with LanewayClient(first.url) as client:
        operation = (await client.submit(BODY, "first")).document["id"]
        follower = Follower(client, operation, Patience(60, around), witness, 0)
        following = asyncio.create_task(follower.follow())
        await witness.begun.wait()
        await first.drain(0)
        async with service(database, first.url.removeprefix("http://")):
            back.set()
            ended = await following
    assert ended.status == "pass"
    assert witness.seqs == list(range(1, ended.seq + 1))
    assert witness.attempts[-1] is None


async def test_the_banner_says_what_is_served_and_its_lines_can_be_run(
    database: Path, tmp_path: Path
):
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "broken.yaml").write_text("plan: [\n")
    shipped = Path(__file__).parents[3] / "plans" / "odoo-stable-bootstrap.yaml"
    (tmp_path / "plans" / shipped.name).write_bytes(shipped.read_bytes())
    flags = {"demo": True, "listen": "127.0.0.1:0", "database": database}
    settings = load(flags={**flags, "plans": tmp_path / "plans"})
    async with bootstrap.build(settings) as serving:
        lines = banner(serving).plain.splitlines()
        (command,) = [line for line in lines if line.startswith("submit ")]
        arguments = shlex.split(command)
        submitted = await run(serving.url, *arguments[arguments.index("submit", 1) :])
        (post,) = [line for line in lines if "-d '{" in line]
        body = msgspec.json.decode(shlex.split(post)[shlex.split(post).index("-d") + 1])
    assert submitted.exit_code == 0, submitted.stderr
    assert body == BODY
    assert any("✗ " in line and "broken.yaml:" in line for line in lines)
    assert f"database  {database}" in lines
    assert "lanes     odoo/cm/prod  odoo/cm/testing" in lines


async def test_a_dry_run_says_so_wherever_it_is_told(url: str):
    dry = await run(url, "submit", *TESTING, "--dry-run", "--wait")
    assert dry.exit_code == 1, "the lane is not there, so its verification fails for real"
    told = dry.stdout
    assert "Odoo stable bootstrap (dry run) on odoo/cm/testing accepted" in told
    assert "▸ Bootstrap is only tried" in told
    assert told.count("(dry run: nothing was done)") == 2
    assert "✗ Odoo stable bootstrap (dry run) fail" in told
    assert "(dry run)" in (await run(url, "list")).stdout
    (listed,) = (await decoded(url, "list"))["operations"]
    assert "dry run" in (await run(url, "status", listed["id"])).stdout
    real = await run(url, "submit", *TESTING, "--wait")
    assert real.exit_code == 0, "a dry run is no repeat"
