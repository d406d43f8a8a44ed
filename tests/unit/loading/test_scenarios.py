"""Files of scenarios: every mistake has its place, and the server passes them over."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from laneway.core.compile import compile_plan
from laneway.loading.plans import load_folder
from laneway.loading.problems import FileInvalid
from laneway.loading.scenarios import is_scenarios, load_scenarios
from laneway.rehearsal.scenario_findings import scenario_findings
from laneway_server.bootstrap import action_specs
from tests.golden.test_traces import SHIPPED
from tests.support.random_plans import ACTIONS

PLAN = {
    "plan": "p",
    "version": 1,
    "start": "look",
    "request": {"type": "object", "properties": {"size": {"type": "integer"}}},
    "phases": {
        "look": {"action": "w.probe", "on": {"pass": "ask", "fail": "fail"}},
        "ask": {
            "approval": {"role": "r"},
            "on": {"approved": "pass", "rejected": "fail", "expired": "fail"},
        },
        "pass": {"end": "pass"},
        "fail": {"end": "fail"},
    },
}
EVIDENCE = {"type": "object", "properties": {"n": {"type": "integer"}}}


def found(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a file, as lines of ``LINE:COLUMN CODE``."""
    file = tmp_path / "p.scenarios.yaml"
    file.write_text(text, encoding="utf-8")
    probe = ACTIONS["w.check"].__class__("w.probe", ACTIONS["w.check"].safety, evidence=EVIDENCE)
    plan = compile_plan(PLAN, {"w.probe": probe}).plan
    try:
        loaded = load_scenarios(file)
        loaded.refuse(scenario_findings(loaded.document.data, plan))
    except FileInvalid as invalid:
        return [f"{e.line}:{e.column} {e.code}" for e in invalid.errors]
    return []


HEAD = "plan: p\nscenarios:\n  - name: one\n"
END = "    expect: {status: pass}\n"


def test_a_file_may_say_everything(tmp_path: Path):
    everything = """plan: p
lane: odoo/cm/testing
request: {size: 1}
target: {expected: {name: x}}
requested_by: ann
scenarios:
  - name: one
    lane: odoo/cm/prod
    request: {size: 2}
    target: {}
    requested_by: bob
    dry_run: false
    answers:
      look:
        - pass
        - {answer: fail, class: gone, code: x, message: y, evidence: {n: 1}, digest: d, times: 2}
        - {answer: crash, after: 5s, down: 1h}
    meanwhile:
      - {do: approve, phase: ask, nth: 1, after: 1s, by: eve, comment: c, stale: false}
      - {do: reconcile, phase: look, outcome: retry}
      - {do: cancel, refused: not_cancellable}
      - {do: crash, down: 5m}
    expect:
      status: fail
      path: [look, fail]
      failure: {code: gone, phase: look}
      evidence: {look: {n: 1}}
      attempts: {look: 1}
      approvals: [ask]
      duration: {at_least: 1s, at_most: 5s}
  - {name: two, retry_of: one, expect: {status: pass, failure: x, duration: 1s}}
"""
    assert found(tmp_path, everything) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("plan: p\n", ["1:1 missing_property"]),
        ("plan: [\n", ["1:8 syntax"]),
        (HEAD + "    expct: {}\n" + END, ["4:5 unknown_property"]),
        (HEAD, ["3:5 missing_property"]),
        (HEAD + "    expect: {status: passed}\n", ["4:22 wrong_value"]),
        (HEAD + "    expect: {status: pass, path: [loook]}\n", ["4:35 unknown_phase"]),
        (HEAD + "    expect: {status: pass, evidence: {x: {}}}\n", ["4:39 unknown_phase"]),
        (HEAD + "    expect: {status: pass, attempts: {x: 1}}\n", ["4:39 unknown_phase"]),
        (HEAD + "    expect: {status: pass, approvals: [look]}\n", ["4:40 unknown_phase"]),
        (HEAD + "    expect: {status: pass, failure: {phase: x}}\n", ["4:45 unknown_phase"]),
        (HEAD + "    expect: {status: pass, duration: soon}\n", ["4:38 bad_format"]),
        (HEAD + "    answers: {loook: pass}\n" + END, ["4:15 unknown_phase"]),
        (HEAD + "    answers: {ask: pass}\n" + END, ["4:15 unknown_phase"]),
        (HEAD + "    answers: {look: refused}\n" + END, ["4:21 unknown_answer"]),
        (HEAD + "    answers: {look: [pass, refused]}\n" + END, ["4:28 unknown_answer"]),
        (HEAD + "    answers: {look: {answer: refused}}\n" + END, ["4:30 unknown_answer"]),
        (HEAD + "    answers: {look: {after: 5}}\n" + END, ["4:29 wrong_type"]),
        (HEAD + "    answers: {look: {evidence: {n: x}}}\n" + END, ["4:36 wrong_type"]),
        (HEAD + "    meanwhile: [{do: sleep}]\n" + END, ["4:22 wrong_value"]),
        (HEAD + "    meanwhile: [{do: approve}]\n" + END, ["4:17 missing_property"]),
        (HEAD + "    meanwhile: [{do: approve, phase: look}]\n" + END, ["4:38 unknown_phase"]),
        (
            HEAD + "    meanwhile: [{do: reconcile, phase: look}]\n" + END,
            ["4:17 missing_property"],
        ),
        (HEAD + "    meanwhile: [{do: cancel, phase: pass}]\n" + END, ["4:37 unknown_phase"]),
        (HEAD + "    request: {size: big}\n" + END, ["4:21 wrong_type"]),
        (HEAD + "    lane: prod\n" + END, ["4:11 bad_format"]),
        (HEAD + "    retry_of: none\n" + END, ["4:15 unknown_scenario"]),
        (HEAD + END + "  - name: one\n" + END, ["5:11 duplicate_scenario"]),
        (
            "plan: p\nrequest: {size: big}\nscenarios: [{name: x, expect: {status: pass}}]\n",
            ["2:17 wrong_type"],
        ),
    ],
)
def test_every_mistake_has_its_place(tmp_path: Path, text: str, places: list[str]):
    assert found(tmp_path, text) == places


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    file = tmp_path / "p.scenarios.yaml"
    file.write_bytes(b"\xff")
    with pytest.raises(FileInvalid):
        load_scenarios(file)
    with pytest.raises(FileInvalid):
        load_scenarios(tmp_path / "none.scenarios.yaml")


def test_a_name_is_nearly_right(tmp_path: Path):
    file = tmp_path / "p.scenarios.yaml"
    file.write_text(HEAD + "    answers: {loook: pass}\n" + END)
    loaded = load_scenarios(file)
    with pytest.raises(FileInvalid, match="did you mean 'look'"):
        loaded.refuse(scenario_findings(loaded.document.data, compile_plan(PLAN, SPECS).plan))


SPECS = {"w.probe": ACTIONS["w.check"]}


def test_scenarios_beside_plans_are_no_plans(tmp_path: Path):
    for file in SHIPPED.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "broken.scenarios.yml").write_text("plan: [")
    catalog = load_folder(tmp_path, action_specs())
    assert catalog.errors == {}
    assert {"odoo-stable-bootstrap", "odoo-verify-lane"} <= set(catalog.plans)
    assert is_scenarios(tmp_path / "broken.scenarios.yml")


# --- the schema ----------------------------------------------------------------------------------

SCHEMA = json.loads((files("laneway") / "schemas" / "scenarios.schema.json").read_text("utf-8"))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_is_described():
    undescribed = list(_undescribed(SCHEMA, "scenarios"))
    assert undescribed == []


def _undescribed(schema, name):
    for key, inner in schema.get("properties", {}).items():
        told = "description" in inner or "title" in inner or inner.get("const") or "enum" in inner
        if not told and not inner.get("$ref"):
            yield f"{name}.{key}"
        yield from _undescribed(inner, f"{name}.{key}")
    for key, inner in schema.get("$defs", {}).items():
        yield from _undescribed(inner, key)
    for key in ("then", "else", "items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _undescribed(schema[key], f"{name}.{key}")
