"""``submit``, ``watch`` and ``retry``: what they send, what they print, and how they end."""

from collections import deque
from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.integration.cli.support import (
    ACCEPTED,
    OPERATION,
    OTHER,
    STARTED,
    Clock,
    Connection,
    ended,
    events,
    happy,
    passes,
    problem,
    run,
    speaking,
)

PLAN = ("odoo-stable-bootstrap", "odoo/cm/testing")
SUBMIT = ("submit", *PLAN, "--set", "confirmation=bootstrap cm testing")


def ends_as(status: str, failure: Any = None) -> list[dict[str, Any]]:
    return events(ACCEPTED, STARTED, *passes("policy_proof"), ended(status, failure))


UNKNOWN = events(
    ACCEPTED,
    STARTED,
    ("phase_started", "bootstrap", {"attempt": 1, "safety": "destructive"}),
    ("phase_outcome_unknown", "bootstrap", {"attempt": 1, "failure": {"code": "unknown"}}),
)


@pytest.mark.parametrize("command", [(*SUBMIT, "--wait"), ("watch", OPERATION)])
@pytest.mark.parametrize(
    ("log", "code"),
    [
        (ends_as("pass"), 0),
        (ends_as("fail"), 1),
        (ends_as("refused"), 3),
        (ends_as("cancelled"), 4),
        (UNKNOWN, 5),
    ],
)
async def test_the_exit_code_is_the_operations_status(
    command: tuple[str, ...], log: list[dict[str, Any]], code: int
):
    async with speaking(log=log) as speaker:
        result = await run(speaker, *command)
    assert result.exit_code == code


async def test_a_submission_says_what_is_wanted_and_no_more():
    async with speaking() as speaker:
        result = await run(speaker, *SUBMIT, "--key", "run-7")
    assert result.exit_code == 0
    (heard,) = speaker.heard
    assert heard["call"] == "POST /v1/operations"
    assert heard["key"] == "run-7"
    assert heard["body"] == {
        "plan": "odoo-stable-bootstrap",
        "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
        "request": {"confirmation": "bootstrap cm testing"},
    }
    assert f"laneway watch {OPERATION}" in result.stdout


async def test_every_option_of_a_submission_is_sent(tmp_path):
    document = tmp_path / "request.json"
    document.write_text('{"confirmation": "x", "verify_logo": true}')
    more: tuple[str, ...] = ("--request", str(document), "--set", "verify_logo=false", "--dry-run")
    more += ("--reason", "a try", "--supersedes", OTHER, "--when-busy", "queue")
    async with speaking() as speaker:
        result = await run(speaker, *SUBMIT, *more, "--json")
    assert result.exit_code == 0
    assert msgspec.json.decode(result.stdout)["id"] == OPERATION
    assert speaker.heard[0]["body"] == {
        "plan": "odoo-stable-bootstrap",
        "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
        "request": {"confirmation": "bootstrap cm testing", "verify_logo": False},
        "dry_run": True,
        "reason": "a try",
        "supersedes": OTHER,
        "when_busy": "queue",
    }


async def test_two_submissions_have_two_keys():
    async with speaking() as speaker:
        await run(speaker, *SUBMIT)
        await run(speaker, *SUBMIT)
    keys = {heard["key"] for heard in speaker.heard}
    assert len(keys) == 2


async def test_the_plain_view_has_a_line_for_every_event_that_matters():
    async with speaking() as speaker:
        result = await run(speaker, *SUBMIT, "--wait")
    assert result.stdout.splitlines() == [
        f"12:00:00 • Odoo stable bootstrap on odoo/cm/testing accepted as {OPERATION}",
        "12:00:03 ✓ Policy proof pass 1.0s",
        "12:00:04 ▸ Bootstrap begins",
        "12:00:05 ✓ Bootstrap pass 1.0s",
        "12:00:06 ✓ Odoo stable bootstrap pass 6.0s",
    ]


async def test_programs_get_the_operation_as_it_ended():
    async with speaking() as speaker:
        result = await run(speaker, *SUBMIT, "--wait", "--json")
    document = msgspec.json.decode(result.stdout)
    assert (document["status"], document["a_field_of_a_newer_server"]) == (
        "pass",
        {"is": "passed over"},
    )
    assert "✓ Bootstrap pass" in result.stderr


async def test_watching_programs_get_every_event_as_it_is():
    async with speaking(connections=deque([Connection(gives=3, then="cut")])) as speaker:
        result = await run(speaker, "watch", OPERATION, "--json")
    assert [msgspec.json.decode(line) for line in result.stdout.splitlines()] == happy()


async def test_a_watcher_may_ask_for_what_comes_after_an_event():
    async with speaking() as speaker:
        result = await run(speaker, "watch", OPERATION, "--json", "--after", "5")
    assert [msgspec.json.decode(line)["seq"] for line in result.stdout.splitlines()] == [6, 7]


async def test_how_to_reconcile_is_said():
    async with speaking(log=UNKNOWN) as speaker:
        result = await run(speaker, "watch", OPERATION)
    assert "? Bootstrap: the outcome is unknown · unknown" in result.stdout
    assert f"laneway reconcile {OPERATION} --outcome pass|fail|retry --note" in result.stdout


async def test_how_to_approve_is_said_while_it_waits():
    asked = {"digest": "sha256:12", "covers": {}, "role": "release-manager", "quorum": 1}
    log = events(
        ACCEPTED,
        STARTED,
        ("approval_requested", "approval", {**asked, "expires_at": "2026-01-31T16:00:00.000Z"}),
        ended("refused"),
    )
    async with speaking(log=log, phases=("approval",)) as speaker:
        result = await run(speaker, "watch", OPERATION)
    lines = result.stdout.splitlines()
    assert lines[1] == "12:00:02 ◷ Approval needs release-manager until 16:00:00"
    assert f"laneway approve {OPERATION} --phase approval" in lines[2]


async def test_a_rejected_submission_says_why_and_what_to_do():
    busy = problem(409, "lane_busy", "Another operation has the lane", "wait", operation=OTHER)
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", busy)
        result = await run(speaker, *SUBMIT, "--wait")
    assert result.exit_code == 7
    assert "error: Another operation has the lane: wait (lane_busy)" in result.stderr
    assert f"laneway watch {OTHER}" in result.stderr
    assert "--when-busy queue" in result.stderr
    assert "ab" * 16 in result.stderr
    assert result.stdout == ""


async def test_every_mistake_of_a_request_is_named():
    errors = [{"path": "/request/confirmation", "message": "is required"}, {"path": "?x"}]
    wrong = problem(422, "request_invalid", "Not what is asked for", "2 errors", errors=errors)
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", wrong)
        result = await run(speaker, *SUBMIT, "--json")
    assert result.exit_code == 7
    assert "/request/confirmation: is required" in result.stderr
    assert msgspec.json.decode(result.stdout)["errors"] == errors


async def test_a_submission_is_sent_again_under_the_same_key_until_it_is_answered():
    draining = problem(503, "draining", "The server is about to stop", "")
    draining.headers["Retry-After"] = "5"
    clock = Clock()
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", web.Response(status=502), draining)
        result = await run(speaker, *SUBMIT, "--wait", clock=clock)
    assert result.exit_code == 0
    keys = [heard["key"] for heard in speaker.heard if heard["call"] == "POST /v1/operations"]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert clock.slept[0] < 1
    assert clock.slept[1] >= 5


async def test_a_server_that_stays_away_means_lost_contact_and_how_to_go_on_safely():
    async with speaking() as speaker:
        url = speaker.url
    result = await run(url, *SUBMIT, "--key", "run-7", "--patience", "3s")
    assert result.exit_code == 6
    assert "--key run-7" in result.stderr
    assert "laneway serve --demo" in result.stderr


async def test_a_server_that_refuses_for_too_long_rejects():
    words = ("store_unavailable", "The database does not answer", "the disk is full")
    full = [problem(503, *words) for _ in range(40)]
    async with speaking() as speaker:
        speaker.next("POST /v1/operations", *full)
        result = await run(speaker, *SUBMIT, "--patience", "3s")
    assert result.exit_code == 7
    assert "store_unavailable" in result.stderr


async def test_contact_lost_while_waiting_ends_with_six_and_says_how_to_go_on():
    async with speaking() as speaker:
        many = [web.Response(status=502) for _ in range(40)]
        speaker.next(f"GET /v1/operations/{OPERATION}", *many)
        result = await run(speaker, *SUBMIT, "--wait", "--patience", "5s")
    assert result.exit_code == 6
    assert f"laneway watch {OPERATION}" in result.stderr
    assert result.stdout.count("it is asked again") == 1


async def test_a_refusal_after_the_submission_is_no_rejection_of_it():
    async with speaking() as speaker:
        denied = problem(401, "authentication_required", "Say who you are", "it expired")
        speaker.next(f"GET /v1/operations/{OPERATION}", denied)
        result = await run(speaker, *SUBMIT, "--wait")
    assert result.exit_code == 2
    assert "LANEWAY_TOKEN" in result.stderr


async def test_an_outage_is_said_once_and_so_is_its_end():
    away = deque(Connection(status=502) for _ in range(5))
    async with speaking(connections=away) as speaker:
        result = await run(speaker, "watch", OPERATION)
    assert result.exit_code == 0
    assert result.stdout.count("HTTP 502 Bad Gateway, from something in between") == 1
    assert result.stdout.count("in contact again") == 1


async def test_a_connection_that_is_cut_and_back_at_once_is_not_worth_a_word():
    async with speaking(connections=deque([Connection(gives=3, then="close")])) as speaker:
        result = await run(speaker, "watch", OPERATION)
    assert "asked again" not in result.stdout + result.stderr


async def test_a_retry_is_a_submission():
    async with speaking() as speaker:
        result = await run(speaker, "retry", OTHER, "--reason", "again", "--key", "k", "--wait")
    assert result.exit_code == 0
    heard = speaker.heard[0]
    assert heard["call"] == f"POST /v1/operations/{OTHER}/retry"
    assert (heard["body"], heard["key"]) == ({"reason": "again"}, "k")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("submit", "plan", "odoo/cm"), "'odoo/cm' is no lane"),
        (("submit", "plan", "odoo/cm/../x"), "is no lane"),
        (("submit", *PLAN, "--set", "confirmation"), "is not NAME=VALUE"),
        (("submit", *PLAN, "--request", "/is/not/there.json"), "cannot be read"),
        (("submit", *PLAN, "--patience", "soon"), "'soon' is no duration"),
        (("watch", OPERATION, "--server", "ftp://example.org"), "no server's address"),
        (("watch", OPERATION, "--token-file", "/is/not/there"), "cannot be read"),
        (("watch",), "Missing argument"),
        (("submit", *PLAN, "--when-busy", "never"), "never"),
    ],
)
async def test_what_cannot_be_asked_is_a_matter_of_usage(arguments: tuple[str, ...], told: str):
    async with speaking() as speaker:
        result = await run(speaker, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not speaker.heard


async def test_a_request_may_come_by_standard_input(tmp_path):
    async with speaking() as speaker:
        result = await run(speaker, "submit", *PLAN, "--request", "-", stdin='{"a": [1]}')
    assert result.exit_code == 0
    assert speaker.heard[0]["body"]["request"] == {"a": [1]}


async def test_the_token_of_the_environment_or_of_a_file_is_sent(tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("from-file\n")
    monkeypatch.setenv("LANEWAY_TOKEN", "from-environment")
    async with speaking() as speaker:
        await run(speaker, "status", OPERATION)
        await run(speaker, "status", OPERATION, "--token-file", str(file))
    sent = [heard["authorization"] for heard in speaker.heard]
    assert sent == ["Bearer from-environment", "Bearer from-file"]
