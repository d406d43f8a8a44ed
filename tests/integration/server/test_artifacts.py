"""Artifacts: the bytes that an attempt left behind, by their name."""

import hashlib

from laneway.ports.driver import ActionResult, Artifact
from tests.integration.server.support import PASS, Api, Laneway

LOG = Artifact(name="run.log", media_type="text/plain; charset=utf-8", content="fertig ✓".encode())
PAGE = Artifact(name="page.html", media_type="text/html", content=b"<script>alert(1)</script>")


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
