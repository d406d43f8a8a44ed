"""Pictures of plans and of operations' paths, over HTTP."""

from xml.etree import ElementTree

import pytest

from laneway.diagram.style import POLICY
from tests.integration.server.support import FAIL, PASS, Answer, Api, Laneway

PLAN = "/v1/plans/gate/diagram"


def media(answer: Answer) -> str:
    return answer.headers["Content-Type"].partition(";")[0]


def words(answer: Answer) -> list[str]:
    assert media(answer) == "image/svg+xml"
    return [each.text or "" for each in ElementTree.fromstring(answer.content).iter()]


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "image/svg+xml",
        "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8",
        "text/plain;q=0.5, image/svg+xml;q=0.9",
        "text/plain;q=nothing, image/*",
    ],
)
async def test_a_plan_is_drawn_as_svg_unless_text_is_liked_better(api: Api, accept: str):
    answer = await api.get(PLAN, Accept=accept)
    assert answer.status == 200
    told = words(answer)
    assert {"Ask", "Change", "Left", "Right", "approved", "read"} <= {*told}


@pytest.mark.parametrize("accept", ["text/plain", "text/plain, */*;q=0.1", "text/*"])
async def test_a_plan_is_mermaid_to_who_asks_for_text(api: Api, accept: str):
    answer = await api.get(PLAN, Accept=accept)
    assert media(answer) == "text/plain"
    text = answer.content.decode()
    assert text.startswith("stateDiagram-v2\n")
    assert "    [*] --> p_ask\n" in text
    assert "    p_ask --> p_change: approved\n" in text
    assert "        [*] --> p_left\n        --\n" in text
    assert "    p_refused --> [*]\n" in text


async def test_the_form_that_is_named_goes_before_what_is_accepted(api: Api):
    svg = await api.get(f"{PLAN}?format=svg", Accept="text/plain")
    assert media(svg) == "image/svg+xml"
    mermaid = await api.get(f"{PLAN}?format=mermaid")
    assert mermaid.content.startswith(b"stateDiagram-v2")
    text = (await api.get(f"{PLAN}?format=text&width=60")).content.decode()
    assert "╭" in text
    assert max(map(len, text.splitlines())) <= 60
    plain = (await api.get(f"{PLAN}?format=text&ascii=true&colours=true")).content
    assert plain.isascii()
    assert b"\x1b[1m" in plain


@pytest.mark.parametrize("query", ["format=png", "width=5", "width=1000", "colour=1"])
async def test_a_form_that_there_is_not_is_refused(api: Api, query: str):
    answer = await api.get(f"{PLAN}?{query}")
    assert (answer.status, answer.code) == (422, "request_invalid")


async def test_a_picture_may_do_nothing_but_be_looked_at(api: Api):
    answer = await api.get(PLAN)
    assert answer.headers["Content-Security-Policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Vary"] == "Accept"


async def test_an_operations_path_is_drawn_over_its_plan(server: Laneway, api: Api):
    accepted = await api.submit()
    operation = accepted.json["id"]
    await server.action("prove").called()
    running = words(await api.get(f"/v1/operations/{operation}/diagram"))
    assert any(each.startswith("running for") for each in running)
    await server.action("prove").answer(FAIL)
    await server.finished(operation)
    failed = words(await api.get(f"/v1/operations/{operation}/diagram"))
    assert any(each.startswith(f"{operation} on shop/eu/testing: fail after") for each in failed)
    assert "ended here" in failed


async def test_an_operations_path_is_drawn_over_the_plan_that_it_was_accepted_under(
    server: Laneway, api: Api
):
    operation = (await api.submit()).json["id"]
    await server.action("prove").answer(PASS)
    text = (await api.get(f"/v1/operations/{operation}/diagram?format=text")).content.decode()
    plan = (await api.get(f"/v1/operations/{operation}")).json["plan"]
    assert text.splitlines()[0] == plan["title"]
    assert f"{plan['name']} · version {plan['version']}" in text


async def test_an_operation_that_is_not_there_has_no_picture(api: Api):
    answer = await api.get("/v1/operations/op_01JA2B3C4D5E6F7G8H9JKMNPQR/diagram")
    assert (answer.status, answer.code) == (404, "not_found")
