"""What approvers are shown, taking an approval back, and who has decided what."""

import asyncio
import os
from typing import Any

import pytest

from laneway_server.cli.output import plain
from laneway_server.cli.phases import operation
from laneway_server.client.snapshots import snapshot
from tests.integration.cli.support import (
    ACCEPTED,
    NOON,
    OPERATION,
    STARTED,
    Speaker,
    events,
    fold,
    problem,
    run,
    speaking,
)
from tests.integration.cli.test_terminal import on_terminal

BOB = {"kind": "caller", "subject": "company:bob"}
GIVEN = {"decision": "approve", "comment": "backup checked", "digest": "sha256:12", "by": BOB}
TRIED = {"operation": "op_0", "status": "pass", "finished_at": "2026-01-31T11:00:00.000Z"}
ASKED: dict[str, Any] = {
    "digest": "sha256:12",
    "covers": {"lane": {"instance": "prod"}, "proofs": {"target_proof": "sha256:7"}},
    "role": "release-manager",
    "quorum": 2,
    "expires_at": "2026-01-31T16:00:00.000Z",
    "decisions": [],
}
REQUESTED = ("approval_requested", "approval", ASKED)
HALF = ("approval_requested", "approval", ASKED | {"decisions": [GIVEN]})
DECIDED = ("approval_decided", "approval", GIVEN)
REVOKED = ("approval_revoked", "approval", {"by": BOB, "reason": "of May"})


def waiting(*more: Any, asked: Any = REQUESTED) -> dict[str, Any]:
    """An operation that waits for an approval, and what has happened since."""
    log = events(ACCEPTED, STARTED, asked, *more)
    return {"log": log, "phases": ("approval",), "happened": len(log)}


async def test_an_approver_is_shown_what_is_covered():
    tried = {**ASKED, "covers": ASKED["covers"] | {"dry_run": TRIED}, "decisions": [GIVEN]}
    async with speaking(**waiting(asked=("approval_requested", "approval", tried))) as speaker:
        result = await run(speaker, "approve", OPERATION, "--yes")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Approval covers, for release-manager:",
        "  dry_run.finished_at  2026-01-31T11:00:00.000Z",
        "  dry_run.operation    op_0",
        "  dry_run.status       pass",
        "  lane.instance        prod",
        "  proofs.target_proof  sha256:7",
        "  approved by company:bob (1 of 2)",
        "  sha256:12",
    ]


async def test_that_nobody_has_tried_it_is_shown_too():
    async with speaking(**waiting()) as speaker:
        result = await run(speaker, "approve", OPERATION, "--yes")
    assert "  dry_run              none was made of this request" in result.stderr.splitlines()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
async def test_on_a_terminal_it_is_asked_for(answer: str, code: int):
    async with speaking(**waiting()) as speaker:
        terminal = on_terminal(speaker, "approve", OPERATION)
        await asyncio.to_thread(terminal.read_until, "Approve this?")
        os.write(terminal._leader, f"{answer}\n".encode())
        assert await asyncio.to_thread(terminal.end) == code
    told = [heard["body"]["decision"] for heard in speaker.heard if heard["body"]]
    assert told == (["approve"] if answer == "y" else [])
    assert "none was made of this request" in terminal.seen


async def revoked(speaker: Speaker, *arguments: str) -> Any:
    result = await run(speaker, "revoke", OPERATION, *arguments, "--reason", "the backup is of May")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{OPERATION}  ◷ waiting\n")
    return speaker.heard[-1]


@pytest.mark.parametrize("named", [(), ("approval",)])
async def test_an_approval_is_taken_back(named: tuple[str, ...]):
    async with speaking(**waiting(asked=HALF)) as speaker:
        told = await revoked(speaker, *named)
    assert told["call"] == f"POST /v1/operations/{OPERATION}/approvals"
    assert told["body"] == {
        "phase": "approval",
        "decision": "revoke",
        "digest": "sha256:12",
        "comment": "the backup is of May",
    }


@pytest.mark.parametrize("named", [(), ("approval",), ("bootstrap",)])
async def test_what_nobody_has_approved_is_not_taken_back(named: tuple[str, ...]):
    async with speaking(**waiting()) as speaker:
        result = await run(speaker, "revoke", OPERATION, *named)
    assert result.exit_code == 2
    assert f"nobody has approved {'the phase ' + named[0] if named else 'it'}" in result.stderr
    assert [heard["call"].split()[0] for heard in speaker.heard] == ["GET"]


async def test_of_several_approvals_one_is_named():
    both = events(ACCEPTED, STARTED, HALF, ("approval_requested", "bootstrap", HALF[2]))
    async with speaking(log=both, phases=("approval", "bootstrap"), happened=4) as speaker:
        unnamed = await run(speaker, "revoke", OPERATION)
        told = await revoked(speaker, "bootstrap")
    assert unnamed.exit_code == 2
    assert "name the phase of yours (approval, bootstrap)" in unnamed.stderr
    assert told["body"]["phase"] == "bootstrap"


async def test_what_has_been_used_is_said_so():
    late = problem(409, "illegal_transition", "Not now", "approval has been used: …")
    async with speaking(**waiting(asked=HALF)) as speaker:
        speaker.next(f"POST /v1/operations/{OPERATION}/approvals", late)
        result = await run(speaker, "revoke", OPERATION)
    assert result.exit_code == 1
    assert "approval has been used" in result.stderr


async def test_the_status_shows_who_approved_and_who_took_it_back():
    async with speaking(**waiting(DECIDED, REVOKED, HALF)) as speaker:
        result = await run(speaker, "status", OPERATION)
    lines = result.stdout.splitlines()
    (row,) = [line for line in lines if line.startswith("  ◷  Approval")]
    assert row.endswith("needs release-manager · until 16:00:00 · approved by company:bob (1 of 2)")
    assert lines[-6:] == [
        "",
        "  12:00:02 ◷ Approval needs release-manager until 16:00:00",
        "  12:00:03 • Approval approved by company:bob: backup checked",
        "  12:00:04 • the approval of Approval is taken back by company:bob: of May",
        "  12:00:05 ◷ Approval needs release-manager until 16:00:00",
        "",
    ]


@pytest.mark.parametrize("log", [events(ACCEPTED, STARTED), events(ACCEPTED, STARTED, REQUESTED)])
async def test_the_status_is_no_longer_where_nobody_has_decided(log: list[dict[str, Any]]):
    async with speaking(log=log, phases=("approval",), happened=len(log)) as speaker:
        result = await run(speaker, "status", OPERATION)
    assert result.stdout == plain(operation(snapshot(fold(log, ("approval",))), NOON))
