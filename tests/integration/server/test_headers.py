"""What answers say to browsers; pages of other sites read nothing; nobody sees a traceback."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from laneway_server.access.addresses import Front
from laneway_server.app import ROUTES
from tests.integration.server.support import SUBMISSION, Answer, Api, Laneway, laneway

ELSEWHERE = "https://evil.example"
PATHS = ("/v1/operations", "/v1/health", "/v1/plans", "/", "/problems", "/openapi.json", "/nowhere")


def is_safe(answer: Answer) -> bool:
    headers = answer.headers
    return (
        headers["X-Content-Type-Options"] == "nosniff"
        and headers["X-Frame-Options"] == "DENY"
        and headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        and "default-src 'none'" in headers["Content-Security-Policy"]
        and headers["Cross-Origin-Resource-Policy"] == "same-origin"
        and len(headers["X-Trace-Id"]) == 32
        and not any(name.lower().startswith("access-control-") for name in headers)
    )


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_them(api: Api, path: str):
    assert is_safe(await api.get(path, Origin=ELSEWHERE))


async def test_answers_that_are_problems_or_streams_have_them(server: Laneway, api: Api):
    assert is_safe(await api.submit({"no": "form"}))
    assert is_safe(await api.call("DELETE", "/v1/operations"))
    operation = await server.passed()
    streamed = await api.get(f"/v1/operations/{operation}/events", Accept="text/event-stream")
    assert is_safe(streamed)
    assert streamed.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/operations", "/v1/nowhere", "/openapi.json"])
async def test_nothing_in_json_is_kept_without_asking_again(api: Api, path: str):
    assert (await api.get(path)).headers["Cache-Control"] in ("no-store", "no-cache")


async def test_browsers_are_told_to_keep_to_https_only_behind_tls(api: Api, tmp_path: Path):
    header = "Strict-Transport-Security"
    assert header not in (await api.get("/v1/health")).headers
    (tmp_path / "tls").mkdir()
    front = Front(tls=True)
    async with laneway(tmp_path / "tls", adapt=lambda each: replace(each, front=front)) as behind:
        answer = await behind.api.get("/v1/health")
        assert answer.headers[header] == "max-age=31536000"


async def test_a_preflight_is_refused(api: Api):
    for route in ROUTES:
        said = {
            "Origin": ELSEWHERE,
            "Access-Control-Request-Method": route.method,
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }
        path = re.sub(r"\{[^}]+\}", "x", route.path)
        answer = await api.call("OPTIONS", path, headers=said)
        assert (answer.status, answer.code) == (405, "method_not_allowed"), route.path
        assert is_safe(answer)


async def test_no_traceback_is_in_an_answer(server: Laneway, api: Api):
    async def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    server.engine.store.operations = broken  # type: ignore[method-assign,assignment]
    server.engine.store.lane = broken  # type: ignore[method-assign,assignment]
    for answer in (await api.get("/v1/operations"), await api.get("/v1/lanes/shop/eu/testing")):
        assert (answer.status, answer.code) == (500, "internal_error")
        for told in (b"hunter2", b"Traceback", b"RuntimeError", b".py"):
            assert told not in answer.content


async def test_a_page_of_another_site_cannot_submit_by_a_form(api: Api):
    """A form needs no preflight; what it can send is no JSON, and browsers say where it is from."""
    said = {"Idempotency-Key": "k", "Content-Type": "text/plain", "Origin": ELSEWHERE}
    sent = str(SUBMISSION).replace("'", '"')
    answer = await api.call("POST", "/v1/operations", headers=said, data=sent)
    assert answer.code == "unsupported_media_type"
