"""The statement: everything that is known of an operation, and the same bytes each time."""

from importlib.resources import files

import msgspec
import pytest
from jsonschema import Draft202012Validator

from laneway.core.chain import to_wire
from laneway.core.compile import compile_plan
from laneway.evidence.statement import payload, statement
from tests.support.bundles import LATER, looked_at, told_of, wrong
from tests.support.play import BOB, Player, asked_for, play
from tests.support.small import PLAN, plan


def waiting() -> Player:
    return play(plan(), "prod").go_to("ask")


def test_it_is_about_the_operation_by_the_head_of_its_events():
    player = waiting()
    said = told_of(player)
    head = player.events[-1].hash
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "op_1", "digest": {"sha256": head}}]
    assert said["predicateType"] == "urn:laneway:evidence:v1"
    assert said["predicate"]["head"] == {"seq": len(player.events), "hash": head}


def test_it_holds_all_events_and_the_plan_as_they_are():
    player = waiting()
    predicate = told_of(player)["predicate"]
    assert predicate["events"] == [to_wire(event) for event in player.events]
    assert predicate["plan"]["document"] == PLAN
    assert list(predicate["plan"]["document"]["phases"]) == list(PLAN["phases"])
    assert predicate["plan"]["digest"] == player.plan.plan.digest
    assert sorted(predicate["plan"]["actions"]) == ["w.change", "w.prove"]


def test_each_time_that_a_phase_was_over_is_there_with_its_evidence():
    player = play(plan())
    player.finish("look", evidence={"seen": 1}, digest="sha256:1")
    player.finish("change", "fail", evidence={"done": 2})
    assert told_of(player)["predicate"]["evidence"] == [
        {
            "phase": "look",
            "attempt": 1,
            "seq": 5,
            "status": "pass",
            "outcome": "pass",
            "evidence": {"seen": 1},
            "digest": "sha256:1",
        },
        {
            "phase": "change",
            "attempt": 1,
            "seq": 8,
            "status": "fail",
            "outcome": "fail",
            "evidence": {"done": 2},
            "digest": "",
        },
    ]


def test_only_the_time_of_the_export_changes_its_bytes():
    player = waiting()

    def made(at: str) -> bytes:
        return payload(plan().plan, player.events, exported_at=LATER, version=at)

    assert made("1.0") == made("1.0")
    assert made("1.0").replace(b'"1.0"', b'"1.1"') == made("1.1")


@pytest.mark.parametrize("seen", ["pending", "waiting", "pass", "fail"])
def test_operations_in_every_state_have_one(seen: str):
    player = Player(plan(), asked_for(plan(), "prod"))
    if seen != "pending":
        player = waiting()
    if seen in ("pass", "fail"):
        player.decide_on("ask", "approve", BOB)
        player.finish("change", seen)
    said = told_of(player)
    assert said["predicate"]["operation"]["status"] == seen
    assert said["predicate"]["complete"] is (seen in ("pass", "fail"))
    report = looked_at(said)
    assert wrong(report) == []
    ended = f"the operation has ended: {seen}"
    so_far = f"the operation was {seen}: a later bundle holds what came after"
    assert report.check("end").message == (ended if said["predicate"]["complete"] else so_far)


def test_it_is_as_the_schema_that_ships_says():
    text = (files("laneway") / "schemas" / "evidence.schema.json").read_text(encoding="utf-8")
    schema = Draft202012Validator(msgspec.json.decode(text))
    for player in (Player(plan(), asked_for(plan())), waiting()):
        schema.validate(told_of(player)["predicate"])
    assert not schema.is_valid({**told_of(waiting())["predicate"], "note": 1})
    assert not schema.is_valid({"events": []})


def test_a_plan_that_says_nothing_of_titles_and_deadlines_verifies():
    bare = compile_plan({k: v for k, v in PLAN.items() if k != "deadline"}, _actions())
    player = play(bare)
    assert looked_at(told_of(player)).verified


def _actions():
    from tests.support.random_plans import ACTIONS

    return ACTIONS


def test_there_is_none_of_nothing():
    with pytest.raises(ValueError, match="operation_accepted"):
        statement(plan().plan, [], exported_at=LATER, version="0")
