"""Artifacts: the bytes that an attempt left behind, by their name, phase and attempt."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from laneway.core.run import Stage
from laneway.loading.plans import load_plan
from laneway.ports.driver import ActionResult, Artifact
from laneway_server.client import LanewayClient
from tests.integration.server.support import PASS, SPECS, Answer, Api, Laneway

LOG = Artifact(name="run.log", media_type="text/plain; charset=utf-8", content="fertig ✓".encode())
PAGE = Artifact(name="page.html", media_type="text/html", content=b"<script>alert(1)</script>")

AGAIN = """
plan: again
version: 1
start: look
phases:
  look: {action: test.prove, on: {pass: nap, fail: fail}}
  nap: {wait: 20m, on: {pass: change}}
  change:
    action: test.change
    requires: {look: {max_age: 15m}}
    on: {pass: pass, fail: fail}
  pass: {end: pass}
  fail: {end: fail}
"""
"""A plan that looks twice, as what was seen the first time has become too old."""


async def left_behind(server: Laneway) -> str:
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    result = ActionResult(outcome="pass", artifacts=(LOG, PAGE))
    await server.action("act").answer(result)
    await server.finished(operation_id)
    return operation_id


async def test_a_phase_names_its_artifacts_and_their_links_give_the_bytes(
    server: Laneway, api: Api
):
    shown = (await api.get(f"/v1/operations/{await left_behind(server)}")).json
    prove, act = shown["phases"]
    assert "artifacts" not in prove
    assert [item["name"] for item in act["artifacts"]] == ["run.log", "page.html"]
    log = act["artifacts"][0]
    assert log["size"] == len(LOG.content)
    assert log["digest"] == "sha256:" + hashlib.sha256(LOG.content).hexdigest()
    answer = await api.get(log["link"])
    assert answer.content == LOG.content
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_a_page_that_was_left_behind_does_not_run_in_a_browser(server: Laneway, api: Api):
    answer = await api.get(f"/v1/operations/{await left_behind(server)}/artifacts/page.html")
    assert answer.content == PAGE.content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["Content-Security-Policy"] == "sandbox"


async def test_an_artifact_or_an_operation_that_is_not_there(server: Laneway, api: Api):
    operation_id = await left_behind(server)
    for path in (f"{operation_id}/artifacts/other.log", "op_0/artifacts/run.log"):
        answer = await api.get(f"/v1/operations/{path}")
        assert (answer.status, answer.code) == (404, "not_found")


# --- of one name, by several ---------------------------------------------------------------------


def log(text: str) -> ActionResult:
    """A pass that leaves a log of the one name behind."""
    content = text.encode()
    left = Artifact(name="run.log", media_type="text/plain", content=content)
    return ActionResult(outcome="pass", proof={"same": True}, artifacts=(left,))


@pytest.fixture
async def thrice(server: Laneway) -> str:
    """An operation in which one phase left a log behind twice, and another its own; its id."""
    loaded = load_plan(AGAIN, "again.yaml", SPECS)
    catalog: Any = server.services.plans
    catalog.plans["again"] = loaded
    operation_id = await server.submitted(plan="again")
    await server.action("prove").answer(log("seen first"))
    await server.until(operation_id, lambda run: bool(run.staged(Stage.WAIT)))
    server.clock.move(20 * 60_000)
    await server.action("prove").answer(log("seen again"))
    await server.action("change").answer(log("changed"))
    await server.finished(operation_id)
    return operation_id


async def bytes_of(api: Api, operation_id: str, query: str) -> bytes | tuple[int, str]:
    """The log's bytes; or why there are none."""
    answer = await api.get(f"/v1/operations/{operation_id}/artifacts/run.log{query}")
    return answer.content if answer.status == 200 else (answer.status, str(answer.code))


async def test_each_phase_gives_its_own_of_a_name_that_phases_share(thrice: str, api: Api):
    assert await bytes_of(api, thrice, "?phase=look") == b"seen again"
    assert await bytes_of(api, thrice, "?phase=change") == b"changed"


async def test_the_links_of_a_snapshot_lead_to_what_each_phase_left(thrice: str, api: Api):
    shown = (await api.get(f"/v1/operations/{thrice}")).json
    left = {each["name"]: each["artifacts"] for each in shown["phases"] if "artifacts" in each}
    assert set(left) == {"look", "change"}
    for (artifact,) in left.values():
        content = (await api.get(artifact["link"])).content
        assert artifact["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()


async def test_without_a_phase_it_is_the_newest_of_that_name(thrice: str, api: Api):
    assert await bytes_of(api, thrice, "") == b"changed"


async def test_an_earlier_attempt_still_gives_what_it_left_behind(thrice: str, api: Api):
    assert await bytes_of(api, thrice, "?phase=look&attempt=1") == b"seen first"
    assert await bytes_of(api, thrice, "?phase=look&attempt=2") == b"seen again"


@pytest.mark.parametrize(
    "query", ["?phase=nap", "?phase=nobody", "?phase=change&attempt=2", "?phase=look&attempt=3"]
)
async def test_whoever_left_none_of_that_name_is_said(thrice: str, api: Api, query: str):
    assert await bytes_of(api, thrice, query) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("?phase=", "?phase"),
        ("?phase=look&attempt=0", "?attempt"),
        ("?phase=look&attempt=first", "?attempt"),
        ("?attempt=1", "?attempt"),
        ("?phase=look&phase=change", "?phase"),
        ("?branch=look", "?branch"),
    ],
)
async def test_a_question_that_is_none_is_refused_with_its_place(
    thrice: str, api: Api, query: str, place: str
):
    answer: Answer = await api.get(f"/v1/operations/{thrice}/artifacts/run.log{query}")
    assert (answer.status, answer.code) == (422, "request_invalid")
    assert [error["path"] for error in answer.json["errors"]] == [place]


async def test_the_client_loads_down_the_one_that_is_asked_for(
    thrice: str, api: Api, tmp_path: Path
):
    asked: dict[bytes, dict[str, Any]] = {
        b"changed": {},
        b"seen again": {"phase": "look"},
        b"seen first": {"phase": "look", "attempt": 1},
    }
    async with LanewayClient(api.url) as client:
        for content, whose in asked.items():
            file = await client.artifact(thrice, "run.log", tmp_path / "log", **whose)
            assert file.read_bytes() == content
