"""Every route, and every kind of caller.

A route without an entry in `CASES` fails: whoever adds one says here who may use it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from laneway_server.access.document import Rule, Who
from laneway_server.access.ruling import Act
from laneway_server.app import ROUTES
from laneway_server.routes.route import Route
from tests.integration.access.support import Guard
from tests.integration.server.support import FAIL, LANE, PASS, SUBMISSION, Answer, register
from tests.support.issuer import Issuer, rsa_key

DIGEST = "sha256:" + "0" * 64
ANY_DIGEST = {"phase": "ask", "decision": "approve", "digest": DIGEST}
LANE_PATH = "/v1/lanes/shop/eu/testing"


@dataclass(frozen=True)
class Case:
    """What a route answers.

    Attributes:
        path: where ``{running}``, ``{asking}``, ``{failed}`` and so on stand for operations.
        stranger: to somebody whom no rule is for: status and code.
        elsewhere: to somebody who may do everything, on another lane.
        allowed: to somebody who may.
    """

    path: str
    stranger: str
    elsewhere: str
    allowed: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    keyed: bool = False


def public(path: str, answer: str = "200") -> Case:
    return Case(path, answer, answer, answer)


def of_operation(path: str, allowed: str, body: Any = None, *, keyed: bool = False) -> Case:
    """Who may not read an operation is told that there is none."""
    hidden = "404 not_found"
    return Case(path, hidden, hidden, allowed, body, keyed=keyed)


def of_lane(path: str, body: Any = None) -> Case:
    return Case(path, "403 authorization_denied", "403 authorization_denied", "200", body)


def filtered(path: str) -> Case:
    """Everybody is answered, with what they may see."""
    return Case(path, "200", "200", "200")


CASES = {
    "submitOperation": Case(
        "/v1/operations",
        "403 authorization_denied",
        "403 authorization_denied",
        "409 lane_busy",
        SUBMISSION,
        keyed=True,
    ),
    "listOperations": filtered("/v1/operations"),
    "readOperation": of_operation("/v1/operations/{running}", "200"),
    "retryOperation": of_operation(
        "/v1/operations/{running}/retry", "409 illegal_transition", {}, keyed=True
    ),
    "readArtifact": of_operation("/v1/operations/{running}/artifacts/log", "404 not_found"),
    "cancelOperation": of_operation("/v1/operations/{running}/cancel", "202", {}),
    "pauseOperation": of_operation("/v1/operations/{running}/pause", "202", {}),
    "resumeOperation": of_operation(
        "/v1/operations/{running}/resume", "409 illegal_transition", {}
    ),
    "decideApproval": of_operation(
        "/v1/operations/{running}/approvals", "409 illegal_transition", ANY_DIGEST
    ),
    "reconcileOperation": of_operation(
        "/v1/operations/{running}/reconcile",
        "409 illegal_transition",
        {"outcome": "pass", "note": "looked"},
    ),
    "readEvidence": of_operation("/v1/operations/{running}/evidence", "200"),
    "verifyEvidence": of_operation("/v1/operations/{running}/evidence/verification", "200"),
    "readEvidenceKey": public("/v1/evidence-key", "404 not_found"),
    "readHold": of_operation("/v1/operations/{running}/hold", "200"),
    "holdOperation": of_operation("/v1/operations/{running}/hold", "200", {"reason": "a dispute"}),
    "releaseOperation": of_operation("/v1/operations/{running}/release", "200", {"reason": "over"}),
    "readEvents": of_operation("/v1/operations/{running}/events", "200"),
    "followEvents": Case("/v1/events", "403 authorization_denied", "200", "200"),
    "listLanes": filtered("/v1/lanes"),
    "readLane": of_lane(LANE_PATH),
    "freezeLane": of_lane(f"{LANE_PATH}/freeze", {"reason": "migration"}),
    "unfreezeLane": of_lane(f"{LANE_PATH}/unfreeze", {"reason": "done"}),
    "readAudit": Case("/v1/audit", "403 authorization_denied", "403 authorization_denied", "200"),
    "readSession": filtered("/v1/session"),
    "signOut": Case("/v1/session", "204", "204", "204"),
    "waysToSignIn": public("/v1/session/ways"),
    "signIn": public("/v1/session", "422 request_invalid"),
    "beginSignIn": public("/signin/nobody", "404 not_found"),
    "finishSignIn": public("/signin/nobody/callback?code=x&state=y", "404 not_found"),
    "listPlans": filtered("/v1/plans"),
    "readPlan": Case("/v1/plans/work", "404 plan_not_found", "200", "200"),
    "readPlanSource": Case("/v1/plans/work/source", "404 plan_not_found", "200", "200"),
    "readPlanProofs": Case("/v1/plans/work/proofs", "404 plan_not_found", "200", "200"),
    "readPlanFile": Case("/v1/plan-files/broken.yaml", "404 plan_not_found", "200", "200"),
    "listPlanVersions": Case("/v1/plans/work/versions", "404 plan_not_found", "200", "200"),
    "readPlanVersion": Case("/v1/plans/work/versions/1", "404 plan_not_found", "200", "200"),
    "comparePlanVersions": Case(
        "/v1/plans/work/difference?from=1&to=1", "404 plan_not_found", "200", "200"
    ),
    "readOperationDiagram": of_operation("/v1/operations/{running}/diagram", "200"),
    "readPlanDiagram": Case("/v1/plans/work/diagram", "404 plan_not_found", "200", "200"),
    "listDrivers": filtered("/v1/drivers"),
    "health": public("/v1/health"),
    "ready": public("/v1/ready"),
    "metrics": public("/metrics"),
    "homePage": public("/"),
    "lanePage": public("/lanes/shop/eu/testing"),
    "operationsPage": public("/operations"),
    "operationPage": public("/operations/{running}"),
    "plansPage": public("/plans"),
    "planPage": public("/plans/work"),
    "submitPage": public("/submit"),
    "auditPage": public("/audit"),
    "signInPage": public("/signin"),
    "pageFile": public("/ui/main.js"),
    "problemsPage": public("/problems"),
    "problemPage": public("/problems/not_found"),
    "openapi": public("/openapi.json"),
}

EVERYTHING = tuple(Act)
RULES = (
    Rule(name="there", who=Who(subjects=("company:there",)), may=EVERYTHING, instances=("prod",)),
    Rule(name="here", who=Who(subjects=("company:here",)), may=EVERYTHING),
)

UNPROVED: dict[str, Callable[[Issuer], str]] = {
    "nobody": lambda issuer: "",
    "an expired token": lambda issuer: issuer.mint(sub="here", iat=1, nbf=1, exp=2),
    "a token for another audience": lambda issuer: issuer.mint(sub="here", aud="elsewhere"),
    "a token of another issuer": lambda issuer: issuer.mint(sub="here", iss="https://evil.example"),
    "a token of another key": lambda issuer: issuer.mint(sub="here", key=rsa_key("another")),
}
"""Callers who do not prove who they are."""


def test_every_route_is_in_the_matrix():
    assert sorted(CASES) == sorted(route.name for route in ROUTES)


@pytest.fixture
async def place(guard: Guard) -> dict[str, str]:
    """A server with an operation that runs, and one that has failed."""
    guard.document(rules=RULES)
    await register(guard.server)
    headers = {"Authorization": f"Bearer {guard.issuer.mint(sub='here')}", "Idempotency-Key": "k"}
    elsewhere = SUBMISSION | {"lane": LANE | {"instance": "prod"}}
    failed = await guard.api.call("POST", "/v1/operations", headers=headers, json=elsewhere)
    await guard.server.action("prove").answer(FAIL)
    await guard.server.finished(failed.json["id"])
    headers["Authorization"] = f"Bearer {guard.issuer.mint(sub='here')}"
    headers["Idempotency-Key"] = "k2"
    running = await guard.api.call("POST", "/v1/operations", headers=headers, json=SUBMISSION)
    await guard.server.action("prove").called()
    return {"running": running.json["id"], "failed": failed.json["id"]}


async def asked(guard: Guard, route: Route, place: dict[str, str], token: str) -> Answer:
    """What a caller with that token is answered."""
    case = CASES[route.name]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if case.keyed:
        headers["Idempotency-Key"] = "k3"
    path = case.path.format(**place)
    if route.name == "followEvents":
        return await opened(guard, path, headers)
    how = {} if case.body is None else {"json": case.body}
    return await guard.api.call(route.method, path, headers=headers, allow_redirects=False, **how)


async def opened(guard: Guard, path: str, headers: dict[str, str]) -> Answer:
    """A stream without an end is looked at, and left."""
    async with guard.api.session.get(guard.api.url + path, headers=headers) as response:
        body = b"" if response.status == 200 else await response.read()
        return Answer(response.status, response.headers, body)


def told(answer: Answer) -> str:
    """Status and code."""
    problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    return f"{answer.status} {answer.json['code']}" if problem else str(answer.status)


def each(*, public: bool) -> Any:
    routes = [route for route in ROUTES if route.public is public]
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.name)


@each(public=False)
async def test_who_does_not_prove_who_they_are_gets_nowhere(guard, place, route):
    for caller, token in UNPROVED.items():
        answer = await asked(guard, route, place, token(guard.issuer))
        assert told(answer) == "401 authentication_required", caller
        assert "WWW-Authenticate" in answer.headers


@each(public=False)
async def test_who_proves_it_may_do_what_a_rule_says(guard, place, route):
    case = CASES[route.name]
    callers = {"stranger": case.stranger, "there": case.elsewhere, "here": case.allowed}
    for subject, expected in callers.items():
        answer = await asked(guard, route, place, guard.issuer.mint(sub=subject))
        assert told(answer) == expected, (subject, answer)


@each(public=True)
async def test_what_is_for_everybody_asks_nobody(guard, place, route):
    case = CASES[route.name]
    assert told(await asked(guard, route, place, "")) == case.stranger


# --- what they see -------------------------------------------------------------------------------


async def ids(guard: Guard, subject: str) -> list[str]:
    listed = await guard.asked(guard.issuer.mint(sub=subject))
    return [entry["id"] for entry in listed.json["operations"]]


async def test_a_list_holds_what_its_reader_may_see(guard, place):
    assert await ids(guard, "here") == [place["running"], place["failed"]]
    assert await ids(guard, "there") == [place["failed"]]
    assert await ids(guard, "stranger") == []


async def test_so_does_the_stream_of_all_events(guard, place):
    bearer = f"Bearer {guard.issuer.mint(sub='there')}"
    async with guard.api.stream("/v1/events?after=0", Authorization=bearer) as stream:
        await guard.server.action("prove").answer(PASS)  # of the operation that is not seen
        await guard.server.action("act").called()
        seen = {sent.data["operation_id"] for sent in await stream.events(4)}
        guard.document(rules=())
        guard.server.services.feed.close()
        seen |= {sent.data["operation_id"] for sent in await stream.rest() if "data" in sent.fields}
    assert seen == {place["failed"]}


async def test_a_stream_ends_with_the_right_to_read_it(guard, place):
    bearer = f"Bearer {guard.issuer.mint(sub='here')}"
    path = f"/v1/operations/{place['running']}/events"
    async with guard.api.stream(path, Authorization=bearer) as stream:
        first = await stream.events(1)
        guard.document(rules=())
        await guard.server.action("prove").answer(PASS)
        rest = await stream.rest()
    assert first[0].event == "operation_accepted"
    assert "operation_finished" not in {sent.event for sent in rest}
    assert "phase_finished" not in {sent.event for sent in rest}


async def test_a_lane_says_that_it_is_busy_and_not_with_what(guard, place):
    rule = Rule(
        name="gates", who=Who(subjects=("company:gates",)), may=(Act.READ,), plans=("gate",)
    )
    guard.document(rules=(*RULES, rule))
    shown = (await guard.asked(guard.issuer.mint(sub="gates"), LANE_PATH)).json
    assert shown["busy"] is True
    assert shown["holder"] is None
    whole = (await guard.asked(guard.issuer.mint(sub="here"), LANE_PATH)).json
    assert whole["holder"]["id"] == place["running"]


async def test_who_may_read_and_not_cancel_is_denied(guard, place):
    rule = Rule(name="eyes", who=Who(subjects=("company:eyes",)), may=(Act.READ,))
    guard.document(rules=(*RULES, rule))
    headers = {"Authorization": f"Bearer {guard.issuer.mint(sub='eyes')}"}
    path = f"/v1/operations/{place['running']}/cancel"
    answer = await guard.api.call("POST", path, headers=headers, json={})
    assert told(answer) == "403 authorization_denied"


async def test_the_rule_that_allowed_it_is_in_the_event(guard, place):
    headers = {"Authorization": f"Bearer {guard.issuer.mint(sub='here', jti='j-1')}"}
    path = f"/v1/operations/{place['running']}"
    await guard.api.call("POST", f"{path}/pause", headers=headers, json={"reason": "lunch"})
    page = await guard.asked(guard.issuer.mint(sub="here"), f"{path}/events")
    (asked_for,) = [e for e in page.json["events"] if e["type"] == "pause_requested"]
    by = asked_for["data"]["by"]
    assert by["subject"] == "company:here"
    assert by["claims"]["rules"] == ["here"]
    assert by["claims"]["proof"]["jti"] == "j-1"
    accepted = page.json["events"][0]["data"]
    assert accepted["authorization"]["rules"] == ["here"]
