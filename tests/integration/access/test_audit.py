"""Every call that changes something is written down: as an event, or in the audit log."""

import asyncio
from typing import Any

import pytest
import structlog
from msgspec.structs import replace as changed

from laneway.core.audit import AuditEntry, AuditHead, verify
from laneway.core.model import Lane
from laneway_server import app
from laneway_server.access.document import Rule, Who
from laneway_server.access.ruling import Act
from tests.integration.access.support import OTHER_TOKEN, TOKEN, Guard, token_entry
from tests.integration.server.support import SUBMISSION, TOO_LONG, Answer, becomes

LANE = "/v1/lanes/shop/eu/testing"
MISSING = "op_00000000000000000000000000"
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def asked(guard: Guard, path: str, body: Any = None, key: str = "", **headers: str) -> Answer:
    """A call of whoever has the token."""
    said = {"Authorization": f"Bearer {TOKEN}", **headers}
    return await guard.api.post(path, body, key=key, **said)


async def log(guard: Guard) -> list[AuditEntry]:
    """The audit log, whose chain holds."""
    entries = await guard.server.engine.store.audit.entries()
    verify(entries, AuditHead())
    return list(entries)


async def only(guard: Guard) -> AuditEntry:
    (entry,) = await log(guard)
    return entry


def reader(guard: Guard) -> None:
    """From now on the caller may read, and nothing else."""
    guard.document(rules=(Rule(name="readers", who=Who(anyone=True), may=(Act.READ,)),))


async def test_freezing_and_unfreezing_are_entries_with_reasons(guard: Guard):
    traced = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    assert (await asked(guard, f"{LANE}/freeze", {"reason": "audit"}, **traced)).status == 200
    guard.clock.move(5)
    assert (await asked(guard, f"{LANE}/unfreeze", {"reason": "audit is over"})).status == 200
    froze, unfroze = await log(guard)
    assert (froze.act, froze.allowed, froze.code) == ("freezeLane", True, "")
    assert (froze.actor.subject, froze.lane) == ("token:monitoring", Lane("shop", "eu", "testing"))
    assert (froze.rules, froze.policy[:7]) == (("everybody",), "sha256:")
    assert (froze.trace_id, froze.address) == (TRACE, "127.0.0.1")
    assert (unfroze.act, unfroze.detail) == ("unfreezeLane", {"reason": "audit is over"})
    assert (froze.at, unfroze.at) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.005Z")


async def test_a_refused_submission_is_an_entry_and_an_accepted_one_an_event(guard: Guard):
    accepted = await asked(guard, "/v1/operations", SUBMISSION, key="k1")
    assert accepted.status == 202
    assert await log(guard) == []
    assert (await asked(guard, "/v1/operations", SUBMISSION, key="k2")).code == "lane_busy"
    entry = await only(guard)
    assert (entry.act, entry.allowed, entry.code) == ("submitOperation", False, "lane_busy")
    assert (entry.plan, entry.lane) == ("work", Lane("shop", "eu", "testing"))
    assert entry.detail["operation"] == accepted.json["id"]


async def test_what_no_rule_allows_is_an_entry_that_says_why(guard: Guard):
    operation = (await asked(guard, "/v1/operations", SUBMISSION, key="k1")).json["id"]
    reader(guard)
    cancelled = await asked(guard, f"/v1/operations/{operation}/cancel", {"reason": "no"})
    assert cancelled.code == "authorization_denied"
    entry = await only(guard)
    assert (entry.act, entry.code) == ("cancelOperation", "authorization_denied")
    assert (entry.operation_id, entry.rules) == (operation, ())
    assert entry.policy.startswith("sha256:")
    assert entry.detail["told"] == cancelled.json["detail"]


@pytest.mark.parametrize(
    ("path", "body", "key", "code"),
    [
        ("/v1/operations", {"plan": "nothing", "lane": SUBMISSION["lane"]}, "k", "plan_not_found"),
        ("/v1/operations", {"no": "form"}, "k", "request_invalid"),
        ("/v1/operations", SUBMISSION, "", "idempotency_key_required"),
        (f"/v1/operations/{MISSING}/cancel", {}, "", "not_found"),
        ("/v1/lanes/no/such/lane/freeze", {"reason": "x"}, "", "target_not_found"),
    ],
)
async def test_every_kind_of_refusal_is_an_entry(guard: Guard, path, body, key, code):
    assert (await asked(guard, path, body, key)).code == code
    entry = await only(guard)
    assert (entry.allowed, entry.code, entry.actor.subject) == (False, code, "token:monitoring")


async def test_whoever_is_not_identified_leaves_no_entry(guard: Guard):
    for said in ({}, {"Authorization": f"Bearer {OTHER_TOKEN}"}):
        answer = await guard.api.post("/v1/operations", SUBMISSION, key="k1", **said)
        assert answer.status == 401
    assert await log(guard) == []


async def test_reading_leaves_no_entry(guard: Guard):
    assert (await guard.asked(TOKEN)).status == 200
    assert (await guard.asked(TOKEN, f"/v1/operations/{MISSING}")).status == 404
    assert await log(guard) == []


async def test_no_token_is_in_the_log(guard: Guard):
    await asked(guard, f"/v1/operations/{TOKEN}/cancel", {"reason": "no"})
    await asked(guard, f"/v1/lanes/shop/eu/{TOKEN}/freeze", {"reason": "no"})
    entries = await log(guard)
    assert [entry.code for entry in entries] == ["not_found", "target_not_found"]
    assert TOKEN not in repr(entries)


async def test_a_lane_is_frozen_and_written_down_though_the_client_goes_away(guard: Guard):
    store = guard.server.engine.store
    freeze, begun, go_on = store.set_freeze, asyncio.Event(), asyncio.Event()

    async def slow(*given: Any) -> None:
        begun.set()
        await go_on.wait()
        await freeze(*given)

    store.set_freeze = slow  # type: ignore[method-assign,assignment]
    with structlog.testing.capture_logs() as logged:
        calling = asyncio.ensure_future(asked(guard, f"{LANE}/freeze", {"reason": "audit"}))
        await begun.wait()
        calling.cancel()
        await becomes(lambda: any(line.get("status") == 499 for line in logged))
        go_on.set()
    async with asyncio.timeout(TOO_LONG):
        while not await log(guard):  # noqa: ASYNC110 - turns of the loop are waited for, no time
            await asyncio.sleep(0)
    assert (await only(guard)).act == "freezeLane"
    assert (await store.lane(Lane("shop", "eu", "testing"))).freeze is not None


async def test_signing_in_and_out_are_entries(guard: Guard):
    async with guard.browser() as browser:
        await browser.sign_in(TOKEN)
        await browser.call("DELETE", "/v1/session")
    assert [(entry.act, entry.allowed) for entry in await log(guard)] == [
        ("signIn", True),
        ("signOut", True),
    ]


async def test_the_log_is_read_page_by_page_by_those_who_may(guard: Guard):
    for number in range(3):
        await asked(guard, f"{LANE}/freeze", {"reason": f"reason {number}"})
    page = (await guard.asked(TOKEN, "/v1/audit?after=1&limit=1")).json
    assert [entry["detail"] for entry in page["entries"]] == [{"reason": "reason 1"}]
    head = await guard.server.engine.store.audit.head()
    assert page["head"] == {"seq": 3, "hash": head.hash}
    whole = (await guard.asked(TOKEN, "/v1/audit")).json
    assert [entry["seq"] for entry in whole["entries"]] == [1, 2, 3]
    reader(guard)
    assert (await guard.asked(TOKEN, "/v1/audit")).code == "authorization_denied"


@pytest.fixture
async def varied(guard: Guard) -> Guard:
    """A log of four entries: a freeze, a refused submission, a refused cancel, an unfreeze."""
    await asked(guard, f"{LANE}/freeze", {"reason": "audit"})
    guard.clock.move(1000)
    await asked(guard, "/v1/operations", SUBMISSION, key="k1")
    await asked(guard, f"/v1/operations/{MISSING}/cancel", {})
    guard.clock.move(1000)
    await asked(guard, f"{LANE}/unfreeze")
    return guard


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order=newest&limit=2", [4, 3]),
        ("before=3", [2, 1]),
        ("before=3&order=oldest", [1, 2]),
        ("order=newest&after=2", [4, 3]),
        ("act=freezeLane", [1]),
        ("allowed=false&order=newest", [3, 2]),
        ("allowed=true", [1, 4]),
        ("code=lane_frozen", [2]),
        (f"operation={MISSING}", [3]),
        ("plan=work", [2]),
        ("product=shop&context=eu&instance=testing", [1, 2, 4]),
        ("actor=token:monitoring&allowed=true&order=newest", [4, 1]),
        ("actor=nobody", []),
        ("since=2026-01-01T00:00:01Z&until=2026-01-01T00:00:02Z", [2, 3]),
        ("since=2026-01-01T01:00:02%2B01:00", [4]),
    ],
)
async def test_the_log_is_looked_through(varied: Guard, query: str, expected: list[int]):
    page = (await varied.asked(TOKEN, f"/v1/audit?{query}")).json
    assert [entry["seq"] for entry in page["entries"]] == expected
    assert page["head"]["seq"] == 4


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("since=yesterday", "?since"),
        ("order=best", "?order"),
        ("allowed=perhaps", "?allowed"),
        ("operation=x", "?operation"),
        ("limit=0", "?limit"),
        ("who=ada", "?who"),
    ],
)
async def test_what_the_log_cannot_be_asked_is_named(guard: Guard, query: str, wrong: str):
    answer = await guard.asked(TOKEN, f"/v1/audit?{query}")
    assert answer.code == "request_invalid"
    assert [error["path"] for error in answer.json["errors"]] == [wrong]


def test_every_route_that_changes_something_is_written_down():
    """Either as an event of the operation that its address names, or makes, or as an entry."""
    for route in app.ROUTES:
        if route.method == "GET" or route.public:
            continue
        is_event = "/v1/operations" in route.path
        assert is_event or route.kept is not None, f"{route.name}: give it `kept`"


async def test_too_many_refused_credentials_shut_an_address_out(guard: Guard):
    most = guard.server.services.limits.failures
    for _ in range(most):
        assert (await guard.asked(OTHER_TOKEN)).status == 401
    refused = await guard.asked(TOKEN)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await guard.api.get("/v1/health")).status == 200
    guard.clock.move(1_000 * int(refused.headers["Retry-After"]))
    assert (await guard.asked(TOKEN)).status == 200
    assert await log(guard) == []


async def test_who_sends_no_credentials_shuts_nobody_out(guard: Guard):
    for _ in range(2 * guard.server.services.limits.failures):
        assert (await guard.api.get("/v1/operations")).status == 401
    assert (await guard.asked(TOKEN)).status == 200


async def test_failed_sign_ins_count_too(guard: Guard):
    async with guard.browser() as browser:
        for _ in range(guard.server.services.limits.failures):
            assert (await browser.sign_in(OTHER_TOKEN)).status == 401
        assert (await browser.sign_in(TOKEN)).code == "rate_limited"


async def test_a_token_that_is_taken_away_is_not_asked_about_the_policy(guard: Guard):
    """An entry says which policy was asked, also where the token is valid for another rule."""
    other = token_entry(OTHER_TOKEN, name="other")
    guard.document(tokens=(other, changed(token_entry(), revoked=True)))
    assert (await asked(guard, f"{LANE}/freeze", {"reason": "x"})).status == 401
    assert await log(guard) == []
