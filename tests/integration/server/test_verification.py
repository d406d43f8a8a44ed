"""What the server says of its own evidence: what ``laneway evidence verify`` says, and no more.

A database that somebody wrote into by hand is the case that matters: it is still served, and what
is wrong with it is said.
"""

import asyncio
import dataclasses
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from laneway.evidence.archive import opened_bytes
from laneway.evidence.verify import verify
from laneway.ports.driver import ActionResult, Artifact
from tests.integration.server.support import PASS, Api, Laneway, lane, laneway
from tests.support.bundles import KEY

LOG = Artifact(name="run.log", media_type="text/plain; charset=utf-8", content=b"done")


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Laneway]:
    """A server with a key."""
    async with laneway(
        tmp_path, adapt=lambda services: dataclasses.replace(services, evidence_key=KEY)
    ) as running:
        yield running


async def ended(server: Laneway) -> str:
    """An operation that passed, and left a log behind."""
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").answer(ActionResult(outcome="pass", artifacts=(LOG,)))
    await server.finished(operation_id)
    return operation_id


async def said(api: Api, operation_id: str, query: str = "") -> Any:
    """What verifying comes to."""
    answer = await api.get(f"/v1/operations/{operation_id}/evidence/verification{query}")
    assert answer.status == 200, answer
    return answer.json


def failed(report: Any) -> dict[str, list[str]]:
    """What is wrong, by the name of the check."""
    checks = [check for check in report["checks"] if check["result"] == "failed"]
    return {check["name"]: [found["message"] for found in check["found"]] for check in checks}


def tamper(folder: Path, *statements: str) -> None:
    """Write into the database behind the server's back, and past the triggers that forbid it."""
    with closing(sqlite3.connect(folder / "laneway.db")) as connection, connection:
        named = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in connection.execute(named).fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement


async def test_what_the_server_signs_is_verified(signing: Laneway):
    operation_id = await ended(signing)
    report = await said(signing.api, operation_id)
    assert report["verified"] is True
    assert report["consistent"] is True
    assert report["keyid"] == KEY.keyid
    assert report["summary"] == f"verified: it is what the server wrote, signed by {KEY.keyid[:16]}"
    assert report["about"]["operation"] == operation_id
    assert report["about"]["status"] == "pass"
    assert failed(report) == {}


@pytest.mark.parametrize("query", ["", "?artifacts=true"])
async def test_it_says_what_verifying_the_downloaded_bundle_says(signing: Laneway, query: str):
    operation_id = await ended(signing)
    bundle = await signing.api.get(f"/v1/operations/{operation_id}/evidence{query}")
    with opened_bytes(bundle.content, "the bundle") as opened:
        offline = verify(opened, [KEY.public])
    report = await said(signing.api, operation_id, query)
    shown = msgspec.json.decode(msgspec.json.encode(offline))
    assert {name: report[name] for name in shown} == shown


async def test_it_looks_at_the_artifacts_bytes_where_they_are_asked_for(signing: Laneway):
    operation_id = await ended(signing)
    without, whole = [
        {check["name"]: check["message"] for check in report["checks"]}["artifacts"]
        for report in (
            await said(signing.api, operation_id),
            await said(signing.api, operation_id, "?artifacts=true"),
        )
    ]
    assert without == "1 artifact by digest; the bytes are not in this file"
    assert whole == "1 artifact, each with its bytes"


async def test_without_a_key_nobody_vouches_for_it(server: Laneway, api: Api):
    report = await said(api, await ended(server))
    assert (report["verified"], report["consistent"]) == (False, True)
    assert report["keyid"] is None
    assert failed(report) == {"signature": ["nobody has signed it: the server had no key"]}
    assert report["summary"].startswith("not verified: nothing in it contradicts the rest")


async def test_an_operation_that_goes_on_is_verified_so_far(signing: Laneway):
    operation_id = await signing.submitted(plan="gate", lane=lane("1"))
    await signing.until(operation_id, lambda run: run.waiting_for() is not None)
    report = await said(signing.api, operation_id)
    assert report["verified"] is True
    assert report["about"]["complete"] is False


async def test_it_can_be_asked_while_the_operation_moves(signing: Laneway):
    operation_id = await signing.submitted()
    signing.action("prove").automatic = lambda _: PASS
    signing.action("act").automatic = lambda _: PASS
    reports = await asyncio.gather(*(said(signing.api, operation_id) for _ in range(8)))
    assert [report["verified"] for report in reports] == [True] * 8


async def test_an_event_that_was_changed_in_the_database_is_named(signing: Laneway, tmp_path: Path):
    operation_id = await ended(signing)
    tamper(tmp_path, "UPDATE events SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 4")
    report = await said(signing.api, operation_id)
    assert (report["verified"], report["consistent"]) == (False, False)
    assert failed(report)["chain"] == ["it was changed: its content has another hash"]
    chain = next(check for check in report["checks"] if check["name"] == "chain")
    assert chain["found"][0]["seq"] == 4
    skipped = {check["name"] for check in report["checks"] if check["result"] == "skipped"}
    assert {"transitions", "evidence", "end"} <= skipped


async def test_an_event_that_was_removed_is_missed(signing: Laneway, tmp_path: Path):
    operation_id = await ended(signing)
    tamper(tmp_path, "DELETE FROM events WHERE seq = 5")
    assert "chain" in failed(await said(signing.api, operation_id))


async def test_bytes_of_an_artifact_that_were_changed_are_found(signing: Laneway, tmp_path: Path):
    operation_id = await ended(signing)
    tamper(tmp_path, "UPDATE artifacts SET content = CAST('nice' AS BLOB)")
    assert failed(await said(signing.api, operation_id)) == {}
    report = await said(signing.api, operation_id, "?artifacts=true")
    assert list(failed(report)) == ["artifacts"]
    assert report["summary"] == "not verified: 1 of 13 checks failed"


async def test_there_is_none_of_an_operation_that_is_not_there(api: Api):
    answer = await api.get("/v1/operations/op_0/evidence/verification")
    assert (answer.status, answer.code) == (404, "not_found")
