"""Loading plans: all errors at once, warnings, folders, and what becomes of hostile text."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.core.compile import compile_plan
from laneway.core.findings import Severity
from laneway.core.model import ParallelPhase, Safety
from laneway.loading.plans import PlanInvalid, load_folder, load_plan
from tests.support.actions import ACTIONS

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "plans" / "odoo-stable-bootstrap.yaml"
BROKEN = ROOT / "tests" / "data" / "broken-plans"

LOOK = """\
plan: look
version: 1
start: look
phases:
  look:
    action: x.probe
    on: {pass: pass, fail: fail}
  pass: {end: pass}
  fail: {end: fail}
"""


def load(text):
    return load_plan(text, "plan.yaml", ACTIONS)


def errors(text):
    with pytest.raises(PlanInvalid) as invalid:
        load(text)
    return invalid.value.errors


def tried(text):
    """The plan, or the errors it has."""
    try:
        return load(text), []
    except PlanInvalid as invalid:
        return None, invalid.errors


def test_the_shipped_plan_loads_without_a_warning():
    loaded = load_plan(SHIPPED.read_text(encoding="utf-8"), str(SHIPPED), ACTIONS)
    plan = loaded.compiled.plan
    assert loaded.warnings == ()
    assert plan.name == SHIPPED.stem
    assert list(plan.phases) == [
        *("policy_proof", "target_proof", "approval", "bootstrap", "post_deploy", "verify"),
        *("pass", "fail", "refused"),
    ]
    verify = plan.phases["verify"]
    assert isinstance(verify, ParallelPhase)
    assert [b.name for b in verify.branches] == ["health", "canonical", "logo", "runtime_identity"]
    assert loaded.compiled.machine.chart is not None
    assert set(loaded.actions) == {phase.action.action_id for phase in plan.action_phases()}


def test_the_shipped_plan_retries_what_reads_and_nothing_else():
    plan = load_plan(SHIPPED.read_text(encoding="utf-8"), "", ACTIONS).compiled.plan
    for phase in plan.action_phases():
        reads = phase.action.safety is Safety.READ
        assert (phase.retry.attempts > 1) is reads, phase.name


def test_the_shipped_plan_proves_anew_before_it_changes_anything():
    plan = load_plan(SHIPPED.read_text(encoding="utf-8"), "", ACTIONS).compiled.plan
    for name in ("bootstrap", "post_deploy"):
        required = {need.phase: need.max_age for need in plan.phases[name].requires}
        assert set(required) == {"policy_proof", "target_proof"}
    assert plan.phases["bootstrap"].requires[1].max_age == 15 * 60_000


def test_a_request_is_checked_against_the_plans_schema():
    loaded = load_plan(SHIPPED.read_text(encoding="utf-8"), "", ACTIONS)
    assert loaded.check_request({"confirmation": "bootstrap cm testing"}) == []
    assert loaded.check_request({"confirmation": 1, "verify_log": True}) == [
        ("/confirmation", "must be text, not a whole number"),
        ("/verify_log", "the request has no 'verify_log'"),
    ]
    assert loaded.check_request({}) == [("", "the request lacks 'confirmation'")]


def test_json_pointers_are_escaped():
    request = "request:\n  additionalProperties: {type: string}\n"
    assert load(LOOK + request).check_request({"a/b~c": 1})[0][0] == "/a~1b~0c"


def test_the_digest_is_of_the_document_not_of_how_it_is_written():
    one = load(LOOK).compiled.plan
    other = load("# a comment\n" + LOOK.replace("plan: look", "plan: 'look'")).compiled.plan
    changed = load(LOOK.replace("version: 1", "version: 2")).compiled.plan
    assert one.digest == other.digest
    assert one.digest != changed.digest
    assert one.digest.startswith("sha256:")


def test_a_plan_compiles_from_its_stored_document_to_itself():
    plan = load_plan(SHIPPED.read_text(encoding="utf-8"), "", ACTIONS).compiled.plan
    stored = msgspec.json.decode(msgspec.json.encode(plan.document))
    assert compile_plan(stored, ACTIONS).plan == plan


def test_all_errors_of_a_file_come_at_once_and_in_order():
    text = (BROKEN / "everything-at-once.yaml").read_text(encoding="utf-8")
    found = errors(text)
    assert [error.line for error in found] == sorted(error.line for error in found)
    assert {error.line for error in found} >= {1, 2, 3, 5, 9, 10, 13, 16, 18, 21, 22, 23}


def test_the_exception_reads_as_the_list_of_its_errors():
    with pytest.raises(PlanInvalid) as invalid:
        load(LOOK.replace("x.probe", "x.prob"))
    assert str(invalid.value) == (
        "plan.yaml:6:13: error: no driver offers the action 'x.prob' — did you mean 'x.probe'?"
    )


def test_no_error_is_a_mere_consequence_of_another():
    misspelt = LOOK.replace("    on:", "    onn:")
    assert [(e.line, e.code) for e in errors(misspelt)] == [
        (5, "missing_property"),
        (7, "unknown_property"),
    ]
    wrong = LOOK.replace("on: {pass: pass, fail: fail}", "on: 5")
    assert [(e.line, e.code) for e in errors(wrong)] == [(7, "wrong_type")]


def test_a_warning_does_not_stop_a_plan():
    loaded = load(LOOK + "deadline: 5m\n")
    (warning,) = loaded.warnings
    assert (warning.severity, warning.code) == (Severity.WARNING, "deadline_short")
    assert str(warning).startswith("plan.yaml:10:11: warning: the deadline (5m) passes before")
    assert loaded.compiled.plan.deadline == 300_000


def test_a_folder_loads_what_loads_and_says_what_does_not(tmp_path):
    (tmp_path / "look.yaml").write_text(LOOK)
    (tmp_path / "broken.yml").write_text("plan: [")
    (tmp_path / "latin.yaml").write_bytes(b"plan: look\ntitle: \xe9")
    (tmp_path / "notes.txt").write_text("no plan")
    catalog = load_folder(tmp_path, ACTIONS)
    assert set(catalog.plans) == {"look"}
    assert catalog.offered("look") is catalog.plans["look"]
    assert catalog.offered("broken") is None
    assert {Path(file).name: [e.code for e in found] for file, found in catalog.errors.items()} == {
        "broken.yml": ["syntax"],
        "latin.yaml": ["not_utf8"],
    }
    assert catalog.errors[str(tmp_path / "latin.yaml")][0].line == 2


def test_a_name_in_two_files_is_an_error_of_both(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(LOOK)
    catalog = load_folder(tmp_path, ACTIONS)
    assert catalog.plans == {}
    for file, other in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
        (error,) = catalog.errors[str(tmp_path / file)]
        assert (error.line, error.column, error.code) == (1, 7, "duplicate_plan")
        assert other in error.message


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotADirectoryError):
        load_folder(tmp_path / "gone", ACTIONS)


@given(st.text())
def test_any_text_gives_a_plan_or_errors(text):
    loaded, found = tried(text)
    assert loaded or found


LINES = SHIPPED.read_text(encoding="utf-8").splitlines(keepends=True)
SCRAPS = ["", "on: 5\n", "  x: [1]\n", "phases:\n", "    retry: {attempts: no}\n", "- a\n", "}\n"]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(SCRAPS)), max_size=4),
    st.data(),
)
def test_a_mutilated_plan_gives_a_plan_or_errors_in_order(cuts, drawn):
    lines = list(LINES)
    for place, scrap in cuts:
        lines[place] = drawn.draw(st.sampled_from([scrap, lines[place].lstrip(), scrap * 2]))
    text = "".join(lines)
    loaded, found = tried(text)
    assert loaded or found
    assert [(e.line, e.column) for e in found] == sorted((e.line, e.column) for e in found)
    assert all(e.line <= len(text.splitlines()) for e in found)


WORDS = st.sampled_from(
    ["action", "on", "pass", "end", "wait", "parallel", "x.probe", "look", "until", "when", "to"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WORDS | st.just("${{ request.a }}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=60)
@given(st.dictionaries(WORDS, VALUES, max_size=4), VALUES)
def test_documents_of_any_shape_give_a_plan_or_errors(phases, request_schema):
    document = {"plan": "odd", "version": 1, "start": "look", "phases": phases}
    document |= {"request": request_schema, "lane": request_schema}
    loaded, found = tried(msgspec.json.encode(document).decode())
    assert loaded or found
