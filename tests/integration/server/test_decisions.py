"""What people tell operations, and what they are refused."""

from laneway.ports.driver import OutcomeUnknown
from tests.integration.server.support import FAIL, PASS, Api, Laneway


async def shown(api: Api, operation_id: str):
    return (await api.get(f"/v1/operations/{operation_id}")).json


async def test_cancelling(server: Laneway, api: Api):
    operation_id = await server.submitted()
    answer = await api.post(f"/v1/operations/{operation_id}/cancel", {"reason": "a mistake"})
    assert (answer.status, answer.json["status"]) == (202, "cancelled")
    events = (await api.get(f"/v1/operations/{operation_id}/events")).json["events"]
    asked = next(event for event in events if event["type"] == "cancel_requested")
    assert asked["data"]["reason"] == "a mistake"
    assert asked["actor"]["kind"] == "caller"


async def test_it_is_too_late_to_cancel_a_destructive_action(server: Laneway, api: Api):
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").called()
    answer = await api.post(f"/v1/operations/{operation_id}/cancel", {})
    assert (answer.status, answer.code) == (409, "not_cancellable")


async def test_what_a_cancellation_would_do_is_shown_beforehand(server: Laneway, api: Api):
    operation_id = await server.submitted()
    assert (await shown(api, operation_id))["possible"] == {"cancel": "immediate", "retry": None}
    await server.action("prove").answer(PASS)
    await server.action("act").called()
    assert (await shown(api, operation_id))["possible"] == {"cancel": "refuse", "retry": None}


async def test_where_a_retry_would_go_on_is_shown_beforehand(server: Laneway, api: Api):
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").answer(FAIL)
    await server.finished(operation_id)
    possible = (await shown(api, operation_id))["possible"]
    assert possible["cancel"] is None
    assert possible["retry"] == {"phase": "act", "destructive": True, "approvals": []}


async def test_what_has_ended_takes_nothing_more(server: Laneway, api: Api):
    operation_id = await server.passed()
    for verb in ("cancel", "pause", "resume"):
        answer = await api.post(f"/v1/operations/{operation_id}/{verb}")
        assert (answer.status, answer.code) == (409, "illegal_transition")


async def test_pausing_and_resuming(server: Laneway, api: Api):
    operation_id = await server.submitted()
    asked = await api.post(f"/v1/operations/{operation_id}/pause", {"reason": "lunch"})
    assert (asked.status, asked.json["pause_requested"]) == (202, True)
    again = await api.post(f"/v1/operations/{operation_id}/pause", {})
    assert (again.status, again.code) == (409, "illegal_transition")
    await server.action("prove").answer(PASS)
    await server.until(operation_id, lambda run: run.paused)
    assert (await shown(api, operation_id))["status"] == "paused"
    resumed = await api.post(f"/v1/operations/{operation_id}/resume")
    assert (resumed.status, resumed.json["status"]) == (202, "running")
    once_more = await api.post(f"/v1/operations/{operation_id}/resume")
    assert (once_more.status, once_more.code) == (409, "illegal_transition")


async def asked_for_approval(server: Laneway, api: Api) -> tuple[str, str]:
    operation_id = await server.submitted(plan="gate", who="ada")
    return operation_id, (await shown(api, operation_id))["phases"][0]["approval"]["digest"]


async def test_approving(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    decision = {"phase": "ask", "decision": "approve", "digest": digest, "comment": "go"}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    assert (answer.status, answer.json["phase"]) == (200, "change")
    (decided,) = answer.json["phases"][0]["approval"]["decisions"]
    assert (decided["decision"], decided["comment"]) == ("approve", "go")
    assert decided["by"]["subject"] == "bob"


async def test_a_decision_says_when_it_was_made(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    server.clock.move(90_000)
    at = server.clock.now()
    decision = {"phase": "ask", "decision": "approve", "digest": digest}
    await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    server.clock.move(1_000)
    (decided,) = (await shown(api, operation_id))["phases"][0]["approval"]["decisions"]
    assert decided["at"] == at
    page = (await api.get(f"/v1/operations/{operation_id}/events")).json
    assert [each["at"] for each in page["events"] if each["type"] == "approval_decided"] == [at]


async def test_an_approval_says_whether_it_can_be_taken_back(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    asked = (await shown(api, operation_id))["phases"][0]["approval"]
    assert (asked["used"], asked["allow_requester"]) == (False, False)
    decision = {"phase": "ask", "decision": "approve", "digest": digest}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    assert answer.json["phases"][0]["approval"]["used"] is True


async def test_rejecting(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    decision = {"phase": "ask", "decision": "reject", "digest": digest, "comment": "not now"}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    assert (answer.status, answer.json["status"]) == (200, "refused")
    assert answer.json["failure"]["code"] == "approval_rejected"


async def test_approving_what_was_not_shown(server: Laneway, api: Api):
    operation_id, _ = await asked_for_approval(server, api)
    decision = {"phase": "ask", "decision": "approve", "digest": "sha256:" + "0" * 64}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    assert (answer.status, answer.code) == (409, "digest_mismatch")


async def test_approving_ones_own(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    decision = {"phase": "ask", "decision": "approve", "digest": digest}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="ada")
    assert (answer.status, answer.code) == (403, "self_approval")


async def test_approving_what_asks_nobody(server: Laneway, api: Api):
    operation_id, digest = await asked_for_approval(server, api)
    decision = {"phase": "change", "decision": "approve", "digest": digest}
    answer = await api.post(f"/v1/operations/{operation_id}/approvals", decision, who="bob")
    assert (answer.status, answer.code) == (409, "illegal_transition")


async def unknown(server: Laneway) -> str:
    """An operation of which nobody knows what its action has done."""
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").answer(OutcomeUnknown("gone", "the connection was lost"))
    await server.until(operation_id, lambda run: run.status == "reconciliation_required")
    return operation_id


async def test_reconciling(server: Laneway, api: Api):
    operation_id = await unknown(server)
    before = await shown(api, operation_id)
    assert before["phases"][1]["status"] == "reconciliation_required"
    assert before["phases"][1]["failure"]["code"] == "gone"
    told = {"outcome": "pass", "note": "I looked at the panel"}
    answer = await api.post(f"/v1/operations/{operation_id}/reconcile", told, who="bob")
    assert (answer.status, answer.json["status"]) == (202, "pass")
    assert answer.json["phases"][1]["evidence"]["reconciled"]["by"] == "bob"


async def test_reconciling_names_what_it_is_about(server: Laneway, api: Api):
    operation_id = await unknown(server)
    path = f"/v1/operations/{operation_id}/reconcile"
    other = await api.post(path, {"outcome": "pass", "note": "n", "phase": "prove"})
    assert (other.status, other.code) == (422, "request_invalid")
    assert other.json["errors"][0]["message"]
    silent = await api.post(path, {"outcome": "pass", "note": ""})
    assert [error["path"] for error in silent.json["errors"]] == ["/note"]


async def test_what_is_known_is_not_reconciled(server: Laneway, api: Api):
    operation_id = await server.submitted()
    told = {"outcome": "pass", "note": "n"}
    answer = await api.post(f"/v1/operations/{operation_id}/reconcile", told)
    assert (answer.status, answer.code) == (409, "illegal_transition")


async def test_retrying(server: Laneway, api: Api):
    operation_id = await server.submitted()
    await server.action("prove").answer(PASS)
    await server.action("act").answer(FAIL)
    await server.finished(operation_id)
    path = f"/v1/operations/{operation_id}/retry"
    answer = await api.post(path, {"reason": "once more"}, key="r1")
    assert (answer.status, answer.json["retry_of"]) == (202, operation_id)
    assert answer.headers["Location"] == f"/v1/operations/{answer.json['id']}"
    assert answer.json["phase"] == "act"
    again = await api.post(path, {"reason": "once more"}, key="r1")
    assert (again.status, again.json["id"]) == (200, answer.json["id"])
    other = await api.post(path, {"reason": "another"}, key="r1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    busy = await api.post(path, {}, key="r2")
    assert (busy.status, busy.json["operation"]) == (409, answer.json["id"])


async def test_what_passed_or_goes_on_is_not_retried(server: Laneway, api: Api):
    operation_id = await server.submitted()
    path = f"/v1/operations/{operation_id}/retry"
    early = await api.post(path, {}, key="r1")
    assert (early.status, early.code) == (409, "illegal_transition")
    keyless = await api.post(path, {})
    assert (keyless.status, keyless.code) == (400, "idempotency_key_required")
