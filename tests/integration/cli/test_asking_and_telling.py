"""The commands that ask about operations and lanes, and that tell them something."""

from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.integration.cli.support import (
    ACCEPTED,
    LANE,
    OPERATION,
    OTHER,
    STARTED,
    at,
    ended,
    events,
    fold,
    passes,
    problem,
    run,
    speaking,
)

ASKED = {
    "digest": "sha256:12",
    "covers": {"lane": "odoo/cm/prod", "target": {"compose": "cm-prod"}},
    "role": "release-manager",
    "quorum": 1,
    "expires_at": "2026-01-31T16:00:00.000Z",
}
WAITING = events(ACCEPTED, STARTED, ("approval_requested", "approval", ASKED))


async def test_the_status_shows_every_phase():
    failure = {"code": "policy_denied", "message": "the lane is authoritative"}
    refused = {"outcome": "refused", "status": "refused", "failure": failure}
    log = events(
        ACCEPTED,
        STARTED,
        ("phase_started", "policy_proof", {"attempt": 2}),
        ("phase_finished", "policy_proof", refused),
        ended("refused", failure),
    )
    async with speaking(log=log, happened=5) as speaker:
        result = await run(speaker, "status", OPERATION)
    told = "policy_denied: the lane is authoritative"
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "",
        "  Odoo stable bootstrap  odoo/cm/testing",
        f"  {OPERATION} · requested by ada",
        "",
        f"  ⊘  Policy proof  refused        1.0s  attempt 2 · {told}",
        "  –  Bootstrap     not reached",
        "",
        "  ⊘ refused in 3.0s",
        f"  {told}",
        "",
    ]


async def test_programs_get_the_status_as_the_server_sent_it():
    async with speaking() as speaker:
        result = await run(speaker, "status", OPERATION, "--json")
    assert msgspec.json.decode(result.stdout) == speaker.snapshot


async def test_an_id_that_is_nothing_is_said_so_and_stays_within_its_path():
    async with speaking() as speaker:
        result = await run(speaker, "status", "../plans?x=1#y")
    assert result.exit_code == 1
    assert "(not_found)" in result.stderr
    assert speaker.heard[0]["call"] == "GET /v1/operations/../plans?x=1#y"


async def test_operations_are_listed():
    entry = fold(events(ACCEPTED, STARTED, ("phase_started", "bootstrap", {"attempt": 1})))
    entry |= {"phase": "bootstrap", "created_at": at(-90)}
    queued = fold(events(ACCEPTED)) | {
        "id": OTHER,
        "waiting_for": {"kind": "lane", "operation": OPERATION, "position": 2},
    }
    for each in (entry, queued):
        del each["phases"]
        del each["plan"]["title"]
    async with speaking(listing=[queued, entry]) as speaker:
        arguments = ("--status", "running", "--lane", "odoo/cm/testing", "--limit", "2")
        result = await run(speaker, "list", *arguments, "--requested-by", "ada")
    assert speaker.heard[0]["query"] == {
        **LANE,
        "status": "running",
        "limit": "2",
        "requested_by": "ada",
    }
    head, first, second = (line.split("  ") for line in result.stdout.splitlines())
    assert [cell.strip() for cell in head if cell][:3] == ["operation", "status", "plan"]
    assert first[:3] == [OTHER, "· pending", "odoo-stable-bootstrap"]
    assert f"waiting for its lane, number 2 in line, behind {OPERATION}" in first
    assert second[:5] == [
        OPERATION,
        "▸ running",
        "odoo-stable-bootstrap",
        "odoo/cm/testing",
        "bootstrap",
    ]
    assert second[-2:] == ["1m 30s ago", "ada"]
    assert f"--cursor {OTHER}" in result.stderr


async def test_no_operations_are_said_to_be_none():
    async with speaking() as speaker:
        result = await run(speaker, "list")
    assert (result.exit_code, result.stdout) == (0, "no operations\n")


@pytest.mark.parametrize(
    ("arguments", "call", "body"),
    [
        (("cancel", OPERATION, "--reason", "no"), "cancel", {"reason": "no"}),
        (("pause", OPERATION), "pause", {"reason": ""}),
        (("resume", OPERATION), "resume", {}),
        (
            ("reconcile", OPERATION, "--outcome", "pass", "--note", "I looked"),
            "reconcile",
            {"outcome": "pass", "note": "I looked"},
        ),
        (
            ("reconcile", OPERATION, "--outcome", "retry", "--note", "gone", "--phase", "p"),
            "reconcile",
            {"outcome": "retry", "note": "gone", "phase": "p"},
        ),
    ],
)
async def test_an_operation_is_told(arguments: tuple[str, ...], call: str, body: dict[str, Any]):
    async with speaking(happened=2) as speaker:
        result = await run(speaker, *arguments)
    assert result.exit_code == 0
    assert speaker.heard[0]["call"] == f"POST /v1/operations/{OPERATION}/{call}"
    assert speaker.heard[0]["body"] == body
    assert result.stdout.startswith(f"{OPERATION}  ▸ running\n")


async def test_what_cannot_be_cancelled_any_more_is_said_so():
    late = problem(409, "not_cancellable", "It is too late to cancel", "bootstrap has begun")
    async with speaking() as speaker:
        speaker.next(f"POST /v1/operations/{OPERATION}/cancel", late)
        result = await run(speaker, "cancel", OPERATION)
    assert result.exit_code == 1
    assert "It is too late to cancel: bootstrap has begun (not_cancellable)" in result.stderr
    assert f"laneway watch {OPERATION}" in result.stderr


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_a_decision_is_about_what_was_shown(decision: str):
    async with speaking(log=WAITING, phases=("approval",), happened=3) as speaker:
        result = await run(speaker, decision, OPERATION, "--yes", "--comment", "seen")
    assert result.exit_code == 0
    assert speaker.heard[1]["call"] == f"POST /v1/operations/{OPERATION}/approvals"
    assert speaker.heard[1]["body"] == {
        "phase": "approval",
        "decision": decision,
        "digest": "sha256:12",
        "comment": "seen",
    }


async def test_a_decision_may_name_its_digest():
    async with speaking(log=WAITING, phases=("approval",), happened=3) as speaker:
        await run(speaker, "approve", OPERATION, "--digest", "sha256:34")
    assert speaker.heard[1]["body"]["digest"] == "sha256:34"


async def test_nothing_is_decided_where_nobody_was_asked():
    async with speaking(log=WAITING, phases=("approval",), happened=3) as speaker:
        result = await run(speaker, "approve", OPERATION)
    assert result.exit_code == 2
    assert "--digest (it is sha256:12 now)" in result.stderr
    assert len(speaker.heard) == 1


async def test_there_may_be_nothing_to_decide():
    async with speaking(happened=2) as speaker:
        result = await run(speaker, "approve", OPERATION, "--yes")
    assert result.exit_code == 2
    assert "waits for no approval" in result.stderr


async def test_a_lane_is_shown_with_who_has_it_and_who_waits():
    holder = fold(events(ACCEPTED, STARTED, *passes("policy_proof")))
    lane = {
        "lane": LANE,
        "holder": holder,
        "queue": [fold(events(ACCEPTED)) | {"id": OTHER}],
        "running_shared": [],
        "last_pass": None,
        "last_destructive": {},
        "frozen": True,
        "freeze": {"by": {"kind": "caller", "subject": "bob"}, "reason": "audit", "at": at(0)},
    }
    async with speaking(lane=lane) as speaker:
        shown = await run(speaker, "lane", "show", "odoo/cm/testing")
        raw = await run(speaker, "lane", "show", "odoo/cm/testing", "--json")
    lines = shown.stdout.splitlines()
    assert lines[0] == "odoo/cm/testing  frozen by bob since 2026-01-31 12:00:00: audit"
    assert lines[lines.index("has it") + 2].startswith(OPERATION)
    assert lines[lines.index("waits for it") + 2].startswith(OTHER)
    assert msgspec.json.decode(raw.stdout) == lane


@pytest.mark.parametrize("verb", ["freeze", "unfreeze"])
async def test_a_lane_is_frozen_and_unfrozen(verb: str):
    lane = {"lane": LANE, "freeze": None}
    async with speaking(lane=lane) as speaker:
        result = await run(speaker, "lane", verb, "odoo/cm/testing", "--reason", "audit")
    assert result.exit_code == 0
    assert speaker.heard[0]["call"] == f"POST /v1/lanes/odoo/cm/testing/{verb}"
    assert speaker.heard[0]["body"] == {"reason": "audit"}
    assert result.stdout == "odoo/cm/testing  free\n"


async def test_another_server_is_recognised_as_another():
    async with speaking() as speaker:
        call = f"GET /v1/operations/{OPERATION}"
        speaker.next(call, web.Response(status=404, text="<html>not here</html>"))
        speaker.next(call, web.Response(text="<html>hello</html>"))
        speaker.next(call, web.Response(status=302, headers={"Location": "https://else.test/"}))
        missing = await run(speaker, "status", OPERATION)
        other = await run(speaker, "status", OPERATION)
        moved = await run(speaker, "status", OPERATION)
    assert missing.exit_code == 1
    assert "does not look like a Laneway server" in missing.stderr
    assert other.exit_code == 6
    assert "is this a Laneway server?" in other.stderr
    assert moved.exit_code == 1
    assert "https://else.test/" in moved.stderr


async def test_a_server_that_is_not_there_is_said_so_at_once():
    async with speaking() as speaker:
        url = speaker.url
    result = await run(url, "list")
    assert result.exit_code == 6
    assert f"{url} does not answer (connection refused)" in result.stderr
    assert "laneway serve --demo" in result.stderr
