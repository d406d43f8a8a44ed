"""`odoo.bootstrap` against a Dokploy that misbehaves: at most one run, and no guess is a pass."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, ActionResult, OutcomeUnknown
from laneway.testing.action_context import FakeContext
from laneway.testing.simulators import PLANTED_SECRETS, Fault, HeldSleep
from laneway.testing.simulators.shell import RUN_ROUTE
from tests.integration.drivers.rig import Bench, bench

HOST: dict[str, Any] = {"server_id": None}
OLD: dict[str, Any] = {"dokploy_version": "0.22.0", **HOST}
BEFORE_ROW: dict[str, Any] = {"dokploy_version": "0.29.13"}


@dataclass(frozen=True)
class Case:
    """What is switched on, where, and what is to come of it: outcome and code, and real runs."""

    faults: tuple[Fault, ...]
    outcome: str
    code: str = ""
    runs: int = 1
    by: str = ""
    world: tuple[tuple[str, Any], ...] = ()


def of(faults: Fault | tuple[Fault, ...], outcome: str, code: str = "", **given: Any) -> Case:
    world = tuple(given.pop("world", {}).items())
    several = faults if isinstance(faults, tuple) else (faults,)
    return Case(several, outcome, code, world=world, **given)


NOTHING: tuple[Fault, ...] = ()
GONE = "outcome_unknown_no_deployment"
HIDDEN = "outcome_unknown_exit_code_hidden"
PRUNED = "outcome_unknown_row_pruned"
UNAUTHORIZED = "unauthorized_or_rate_limited"

CASES = {
    "0.30 on a server": of(NOTHING, "pass", by="log"),
    "0.30 on the panel's host": of(NOTHING, "pass", by="log", world=HOST),
    "0.29.13 on a server": of(NOTHING, "pass", by="log", world=BEFORE_ROW),
    "0.29.5 on a server hides the exit code": of(
        NOTHING, "unknown", HIDDEN, world={"dokploy_version": "0.29.5"}
    ),
    "0.22 on the panel's host": of(NOTHING, "pass", world=OLD),
    "500 at once": of(Fault.ANSWER_500, "unknown", GONE, runs=0),
    "502 at once": of(Fault.ANSWER_502, "unknown", GONE, runs=0),
    "503 at once": of(Fault.ANSWER_503, "unknown", GONE, runs=0),
    "504 at once": of(Fault.ANSWER_504, "unknown", GONE, runs=0),
    "524 at once": of(Fault.ANSWER_524, "unknown", GONE, runs=0),
    "502 while it runs": of(Fault.ANSWER_502_WHILE_RUNNING, "pass", by="log"),
    "504 while it runs": of(Fault.ANSWER_504_WHILE_RUNNING, "pass", by="log"),
    "524 while it runs": of(Fault.ANSWER_524_WHILE_RUNNING, "pass", by="log"),
    "524 while it runs, without logs": of(
        Fault.ANSWER_524_WHILE_RUNNING, "pass", by="row", world=OLD
    ),
    "dropped at once": of(Fault.DROP_CONNECTION, "unknown", GONE, runs=0),
    "dropped while it runs": of(Fault.DROP_WHILE_RUNNING, "pass", by="log"),
    "hangs, and nothing is done": of(Fault.HANG, "unknown", GONE, runs=0),
    "hangs while it runs": of(Fault.HANG_WHILE_RUNNING, "pass", by="log"),
    "401": of(Fault.RATE_LIMITED, "failed", UNAUTHORIZED, runs=0),
    "fails": of(Fault.COMMAND_FAILS, "fail", "bootstrap_failed", by="log"),
    "fails on the panel's host": of(
        Fault.COMMAND_FAILS, "fail", "bootstrap_failed", by="log", world=HOST
    ),
    "fails where the answer is a 500": of(
        Fault.COMMAND_FAILS, "fail", "bootstrap_failed", by="row", world=OLD
    ),
    "fails behind tee, which calls it done": of(
        Fault.COMMAND_FAILS, "fail", "bootstrap_failed", by="log", world=BEFORE_ROW
    ),
    "fails behind tee, without logs": of(
        Fault.COMMAND_FAILS, "unknown", HIDDEN, world={"dokploy_version": "0.29.5"}
    ),
    "fails while the proxy gives up": of(
        (Fault.COMMAND_FAILS, Fault.ANSWER_504_WHILE_RUNNING), "fail", "bootstrap_failed", by="log"
    ),
    "superseded by somebody's run": of(Fault.SUPERSEDED, "pass", by="log"),
    "superseded, and fails": of(
        (Fault.SUPERSEDED, Fault.COMMAND_FAILS), "fail", "bootstrap_failed", by="log"
    ),
    "superseded, and dropped": of((Fault.SUPERSEDED, Fault.DROP_WHILE_RUNNING), "pass", by="log"),
    "pruned, and dropped": of((Fault.ROWS_PRUNED, Fault.DROP_WHILE_RUNNING), "unknown", PRUNED),
}


async def outcome_of(
    call: Callable[[FakeContext], Awaitable[ActionResult]], context: FakeContext
) -> tuple[str, str, dict[str, Any]]:
    try:
        result = await call(context)
    except ActionFailed as failed:
        return "failed", failed.failure.code, failed.failure.detail
    except OutcomeUnknown as unknown:
        return "unknown", unknown.failure.code, unknown.failure.detail
    return result.outcome, result.failure.code if result.failure else "", result.evidence


@pytest.mark.parametrize("name", CASES)
async def test_a_misbehaving_panel_is_judged_right(name: str):
    case = CASES[name]
    async with bench(**dict(case.world)) as b:
        for fault in case.faults:
            b.world.dokploy.faults.add(fault, route=RUN_ROUTE, times=1)
        context = b.context()
        outcome, code, told = await outcome_of(b.action("odoo.bootstrap").run, context)
        assert (outcome, code) == (case.outcome, case.code)
        assert len(b.world.bootstraps) == case.runs
        assert b.world.dokploy.requests[RUN_ROUTE] == 1, "one POST, whatever happens"
        if case.by:
            assert told["decided_by"] == case.by
        await _recovering_says_the_same(b, context, case)


async def _recovering_says_the_same(b: Bench, context: FakeContext, case: Case) -> None:
    if case.outcome == "failed":
        return
    outcome, code, _ = await outcome_of(b.action("odoo.bootstrap").recover, context)
    assert (outcome, code) == (case.outcome, case.code)
    assert b.world.dokploy.requests[RUN_ROUTE] == 1


async def test_a_pruned_row_does_not_matter_where_the_answer_tells():
    held = HeldSleep()
    async with bench(sleep=held, dokploy_version="0.29.14", server_id=None) as b:
        b.world.dokploy.faults.add(Fault.ROWS_PRUNED, route=RUN_ROUTE, times=1)
        pauses = HeldSleep()
        context = b.context(sleep=pauses)  # nothing is looked at until the answer is there
        running = asyncio.create_task(b.action("odoo.bootstrap").run(context))
        await held.entered.wait()
        held.release()
        result = await running
        assert (result.outcome, result.evidence["decided_by"]) == ("pass", "answer")
        assert result.evidence["answer"]["meaning"] == "succeeded"


async def test_a_row_that_stays_running_is_waited_for_and_never_called_a_pass():
    for fault in (Fault.ROW_STAYS_RUNNING, Fault.COMMAND_LOST):
        async with bench() as b:
            b.world.dokploy.faults.add(fault, route=RUN_ROUTE, times=1)
            context = b.context(sleep=_Cancelling(60))
            with pytest.raises(asyncio.CancelledError):
                await b.action("odoo.bootstrap").run(context)
            again = b.context(sleep=_Cancelling(60), checkpoint=context.checkpoint)
            with pytest.raises(asyncio.CancelledError):
                await b.action("odoo.bootstrap").recover(again)
            assert b.world.dokploy.requests[RUN_ROUTE] == 1
            assert context.slept[-1] == 10_000, "the panel is asked less and less often"


class _Cancelling:
    """A sleep that stands for the engine's timeout: after so many the attempt is cancelled."""

    def __init__(self, times: int) -> None:
        self._left = times

    async def __call__(self, _milliseconds: int) -> None:
        self._left -= 1
        if self._left == 0:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


async def test_a_run_that_is_listed_as_running_is_not_run_beside():
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.COMMAND_LOST, route=RUN_ROUTE, times=1)
        with pytest.raises(asyncio.CancelledError):
            await b.run("odoo.bootstrap", sleep=_Cancelling(5))
        with pytest.raises(ActionFailed) as raised:
            await b.run("odoo.bootstrap", token="op_NEXT_bootstrap_1")
        assert raised.value.failure.code == "schedule_running"
        assert b.world.dokploy.requests[RUN_ROUTE] == 1


async def test_a_second_delivery_of_an_attempt_does_nothing_twice():
    async with bench() as b:
        first = await b.run("odoo.bootstrap", token="op_A_bootstrap_1")
        second = await b.run("odoo.bootstrap", token="op_A_bootstrap_1")
        assert (first.outcome, second.outcome) == ("pass", "pass")
        assert len(b.world.bootstraps) == 1
        third = await b.run("odoo.bootstrap", token="op_B_bootstrap_1")
        assert third.outcome == "pass"
        assert len(b.world.bootstraps) == 2, "another attempt is another bootstrap"


async def test_the_ids_are_on_disk_before_the_post():
    async with bench() as b:
        await b.bootstrapped()
        before = b.world.dokploy.requests[RUN_ROUTE]
        posts: list[int] = []

        class Watching(FakeContext):
            async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
                posts.append(b.world.dokploy.requests[RUN_ROUTE] - before)
                await super().save_checkpoint(checkpoint, message)

        model = b.context()
        context = Watching(model.lane, model.target)
        assert (await b.action("odoo.bootstrap").run(context)).outcome == "pass"
        assert posts[0] == 0
        assert context.checkpoints[0]["stage"] == "posting"
        assert len(context.checkpoints[0]["known_deployments"]) == 1


async def test_a_target_that_has_drifted_is_left_alone():
    async with bench() as b:
        proved = await b.run("dokploy.prove_target")
        b.world.dokploy.faults.add(Fault.WRONG_LIVE_NAME, times=1)
        other = {**proved.evidence, "target_proof_digest": "sha256:of another time"}
        for evidence in ({"target_proof": proved.evidence}, {"target_proof": other}):
            with pytest.raises(ActionFailed) as raised:
                await b.run("odoo.bootstrap", evidence=evidence)
            assert raised.value.failure.code == "target_drifted"
        assert b.world.dokploy.schedules() == []
        passed = await b.run("odoo.bootstrap", evidence={"target_proof": proved.evidence})
        assert passed.outcome == "pass"


@pytest.mark.parametrize("route", ["compose.one", "schedule.list", "deployment.allByType"])
async def test_a_panel_that_cannot_be_read_before_the_post_is_a_plain_failure(route: str):
    async with bench() as b:
        b.world.dokploy.faults.add(Fault.ANSWER_503, route=route, times=1)
        with pytest.raises(ActionFailed) as raised:
            await b.run("odoo.bootstrap")
        assert raised.value.failure.retry_class == "unavailable"
        assert RUN_ROUTE not in b.world.dokploy.requests


async def test_a_panel_that_cannot_be_read_after_the_post_is_waited_for():
    held = HeldSleep()
    async with bench(sleep=held) as b:
        running = asyncio.create_task(b.run("odoo.bootstrap"))
        await held.entered.wait()
        b.world.dokploy.faults.add(Fault.ANSWER_502, route="deployment.allByType", times=5)
        b.world.dokploy.faults.add(Fault.RATE_LIMITED, route="deployment.allByType", times=5)
        held.release()
        assert (await running).outcome == "pass"


async def test_the_run_is_told_while_it_goes_on():
    held = HeldSleep()
    async with bench(sleep=held) as b:
        told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        class Telling(FakeContext):
            async def save_checkpoint(self, checkpoint: dict[str, Any], message: str) -> None:
                await super().save_checkpoint(checkpoint, message)
                told.put_nowait(checkpoint)

        model = b.context()
        context = Telling(model.lane, model.target)
        running = asyncio.create_task(b.action("odoo.bootstrap").run(context))
        assert [(await told.get())["stage"] for _ in range(2)] == ["posting", "seen"]
        held.release()
        assert (await running).outcome == "pass"
        assert any("is running" in message for message, _ in context.progressed)


async def test_the_log_is_kept_without_the_lane_s_secrets_and_not_too_long():
    async with bench() as b:
        tables = b.world.dokploy._tables
        noisy = [f"connecting with {secret}" for secret in PLANTED_SECRETS]
        held = HeldSleep()
        b.world.dokploy._runner._shell._sleep = held
        running = asyncio.create_task(b.run("odoo.bootstrap"))
        await held.entered.wait()
        (row,) = tables.state.deployments
        tables.log(row, *["x" * 300] * 1_500, *noisy, "db_password=hunter2hunter2")
        held.release()
        result = await running
        (log,) = result.artifacts
        assert log.name == "bootstrap.log"
        assert len(log.content) <= 256 * 1024
        assert log.content.startswith(b"[the beginning was cut off]")
        assert b"odoo: bootstrap of cm_testing finished" in log.content
        for secret in (*PLANTED_SECRETS, "hunter2hunter2"):
            assert secret not in log.content.decode()
            assert secret not in repr(result.evidence)


async def test_an_existing_schedule_is_updated_and_stays_manual():
    async with bench() as b:
        await b.bootstrapped()
        await b.run("odoo.bootstrap")
        (schedule,) = b.world.dokploy.schedules()
        assert (schedule.name, schedule.app_name, schedule.enabled) == (
            "platform-odoo-bootstrap",
            "platform-cm-testing-odoo-bootstrap",
            False,
        )
        assert schedule.cron_expression == "0 0 31 2 *"
        assert schedule.schedule_type == "server"


async def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing():
    async with bench() as b:
        action = b.action("odoo.bootstrap")
        fresh: ActionResult = await action.dry_run(b.context())
        assert b.world.dokploy.schedules() == []
        await b.bootstrapped()
        existing = await action.dry_run(b.context())
        sent = [
            [request["procedure"] for request in result.evidence["would_send"]]
            for result in (fresh, existing)
        ]
        assert sent == [
            ["schedule.create", "schedule.runManually"],
            ["schedule.update", "schedule.runManually"],
        ]
        assert len(b.world.bootstraps) == 1


async def test_post_deploy_updates_the_database_once():
    async with bench() as b:
        early = await b.run("odoo.post_deploy")
        assert (early.outcome, early.failure and early.failure.code) == (
            "fail",
            "post_deploy_failed",
        )
        await b.bootstrapped()
        done = await b.run("odoo.post_deploy", token="op_A_post_deploy_1")
        assert done.outcome == "pass"
        assert [schedule.name for schedule in b.world.dokploy.schedules()] == [
            "platform-data-workflow",
            "platform-odoo-bootstrap",
        ]
        assert len(b.world.lanes["testing"].updates) == 1


async def test_lane_names_that_a_shell_would_read_are_refused():
    async with bench() as b:
        record = b.record()
        record["instance"] = "testing;id"
        context = FakeContext(b.context().lane, record)
        context.lane = type(context.lane)("odoo", "cm", "testing;id")
        with pytest.raises(ActionFailed) as raised:
            await b.action("odoo.bootstrap").run(context)
        assert raised.value.failure.code == "target_invalid"
        assert b.world.dokploy.schedules() == []
