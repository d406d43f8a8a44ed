"""Drivers that do not keep to their own schemas, and plans that give them what does not fit."""

from pathlib import Path
from typing import Any

import pytest

from laneway.core.digests import canonical
from laneway.core.model import ActionSpec, Safety
from laneway.core.run import Run, Status
from laneway.ports.driver import ActionFailed, ActionResult
from laneway.runtime.contract import Contract, Contracts
from tests.support import engines
from tests.support.engines import LANE, World, ended, failure, in_status, types

EVIDENCE = {
    "type": "object",
    "properties": {"seen": {"type": "array", "items": {"type": "string"}}},
    "required": ["seen"],
    "additionalProperties": False,
}
PARAMETERS = {
    "type": "object",
    "properties": {"names": {"type": "array", "items": {"type": "string"}}},
    "additionalProperties": False,
}
RIGHT = ActionResult(outcome="pass", evidence={"seen": ["a"]})
WRONG = ActionResult(outcome="pass", evidence={"seen": ["a", 7]})
SPECS = {
    spec.action_id: spec
    for spec in (
        ActionSpec("x.read", Safety.READ, parameters=PARAMETERS, evidence=EVIDENCE),
        ActionSpec("x.change", Safety.MUTATION, parameters=PARAMETERS, evidence=EVIDENCE),
        ActionSpec(
            "x.destroy",
            Safety.DESTRUCTIVE,
            recoverable=True,
            supports_dry_run=True,
            evidence=EVIDENCE,
        ),
    )
}


def plan(action: str, **more: Any) -> dict[str, Any]:
    return {
        "plan": "rebuild",
        "version": 1,
        "start": "act",
        "phases": {
            "act": {"action": action, "on": {"pass": "pass", "fail": "fail"}, **more},
            "pass": {"end": "pass"},
            "fail": {"end": "fail"},
        },
    }


@pytest.fixture(autouse=True)
def _specs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SPECS", SPECS)


def place(run: Run) -> dict[str, Any]:
    told = run.phase("act").failure
    assert told is not None
    return told.detail


async def test_a_read_whose_evidence_breaks_its_schema_has_failed(tmp_path: Path):
    world = World(tmp_path / "db", plan("x.read"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        await world.actions.by_id["x.read"].answer(WRONG)
        operation = await ended(engine, submitted.operation.run.id)
        assert operation.run.status is Status.FAIL
        assert failure(operation).code == "evidence_invalid"
        assert place(operation.run) == {"pointer": "/seen/1", "outcome": "pass"}
        assert "at /seen/1: must be text" in failure(operation).message


@pytest.mark.parametrize("outcome", ["pass", "fail"])
async def test_a_write_whose_evidence_breaks_its_schema_is_unknown(tmp_path: Path, outcome: str):
    world = World(tmp_path / "db", plan("x.change"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        await world.actions.by_id["x.change"].answer(ActionResult(outcome=outcome))
        operation = await in_status(
            engine, submitted.operation.run.id, Status.RECONCILIATION_REQUIRED
        )
        told = operation.run.phase("act").failure
        assert told is not None
        assert (told.code, told.detail) == ("evidence_invalid", {"pointer": "", "outcome": outcome})


async def test_a_recoverable_write_is_asked_about_and_believed_if_that_keeps_the_contract(
    tmp_path: Path,
):
    world = World(tmp_path / "db", plan("x.destroy"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        destroy = world.actions.by_id["x.destroy"]
        await destroy.answer(WRONG)
        await destroy.answer(RIGHT)
        operation = await ended(engine, submitted.operation.run.id)
        assert operation.run.status is Status.PASS
        assert {method: len(calls) for method, calls in destroy.calls.items()} == {
            "run": 1,
            "recover": 1,
        }


async def test_a_recovery_that_breaks_the_contract_too_is_a_person_s_to_judge(tmp_path: Path):
    world = World(tmp_path / "db", plan("x.destroy"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        for _ in range(2):
            await world.actions.by_id["x.destroy"].answer(WRONG)
        run = submitted.operation.run
        operation = await in_status(engine, run.id, Status.RECONCILIATION_REQUIRED)
        assert place(operation.run)["pointer"] == "/seen/1"


async def test_a_dry_run_has_changed_nothing_and_just_fails(tmp_path: Path):
    world = World(tmp_path / "db", plan("x.destroy"))
    async with world.engine() as engine:
        submitted = await world.submit(engine, dry_run=True)
        await world.actions.by_id["x.destroy"].answer(WRONG)
        operation = await ended(engine, submitted.operation.run.id)
        assert operation.run.status is Status.FAIL
        assert failure(operation).code == "evidence_invalid"


async def test_the_evidence_of_a_known_failure_is_not_held_against_the_schema(tmp_path: Path):
    world = World(tmp_path / "db", plan("x.change"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        refusal = ActionFailed("busy", "somebody is at it", evidence={"by": "somebody"})
        await world.actions.by_id["x.change"].answer(refusal)
        operation = await ended(engine, submitted.operation.run.id)
        assert failure(operation).code == "busy"
        assert operation.run.phase("act").evidence == {"by": "somebody"}


@pytest.mark.parametrize("action", ["x.read", "x.change"])
async def test_parameters_that_turn_out_not_to_fit_are_refused_before_anything_is_done(
    tmp_path: Path, action: str
):
    world = World(tmp_path / "db", plan(action, **{"with": {"names": "${{ request.names }}"}}))
    async with world.engine() as engine:
        submitted = await world.submit(engine, request={"names": ["a", 7]})
        operation = await ended(engine, submitted.operation.run.id)
        assert operation.run.status is Status.FAIL
        assert failure(operation).code == "parameters_invalid"
        assert place(operation.run) == {"pointer": "/names/1"}
        assert failure(operation).retry_class == "invalid"
        assert not any(action.calls for action in world.actions.by_id.values())
        assert "phase_outcome_unknown" not in await types(engine, operation.run.id)


async def test_evidence_is_kept_as_the_json_that_it_is_read_as(tmp_path: Path):
    world = World(tmp_path / "db", plan("x.change"))
    async with world.engine() as engine:
        submitted = await world.submit(engine, LANE)
        tuples = ActionResult(outcome="pass", evidence={"seen": ("a", "b")})
        await world.actions.by_id["x.change"].answer(tuples)
        operation = await ended(engine, submitted.operation.run.id)
        assert operation.run.phase("act").evidence == {"seen": ["a", "b"]}


@pytest.mark.parametrize("evidence", [{"seen": {1, 2}}, {"seen": object()}, {"seen": 2**60}])
async def test_evidence_that_is_no_json_is_as_wrong(tmp_path: Path, evidence: Any):
    world = World(tmp_path / "db", plan("x.read"))
    async with world.engine() as engine:
        submitted = await world.submit(engine)
        answer = ActionResult(outcome="pass", evidence=evidence)
        await world.actions.by_id["x.read"].answer(answer)
        operation = await ended(engine, submitted.operation.run.id)
        assert failure(operation).code == "evidence_invalid"
        assert "not JSON" in failure(operation).message


def test_a_schema_that_leads_nowhere_lets_nothing_be_done():
    contract = Contract(ActionSpec("x.odd", Safety.MUTATION, parameters={"$ref": "#/$defs/no"}))
    with pytest.raises(ActionFailed, match=r"\$ref leads nowhere"):
        contract.check_parameters({})


def test_schemas_are_compiled_once_for_each_action():
    contracts = Contracts()
    assert contracts.of(SPECS["x.read"]) is contracts.of(SPECS["x.read"])
    other = ActionSpec("x.read", Safety.READ)
    assert contracts.of(other).spec is other


@pytest.mark.parametrize("evidence", [{}, {"seen": []}])
def test_a_drivers_own_object_is_not_kept(evidence: dict[str, Any]) -> None:
    contract = Contract(ActionSpec("x.any", Safety.READ))
    kept = contract.checked(ActionResult(outcome="pass", evidence=evidence), harmless=True).evidence
    before = dict(kept)
    evidence["later"] = "changed"
    assert kept == before


def test_empty_things_that_are_no_json_are_refused() -> None:
    contract = Contract(ActionSpec("x.any", Safety.READ))
    wrong: Any = set()
    with pytest.raises(ActionFailed):
        contract.checked(ActionResult(outcome="pass", evidence=wrong), harmless=True)


def test_a_large_fraction_is_evidence_that_can_be_written_down() -> None:
    contract = Contract(ActionSpec("x.any", Safety.READ))
    given = {"bytes": 1e18, "small": 2.0, "count": 2**53 - 1}
    kept = contract.checked(ActionResult(outcome="pass", evidence=given), harmless=True).evidence
    assert canonical(kept) == canonical(given)
