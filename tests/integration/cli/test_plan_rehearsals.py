"""``plan rehearse`` and ``plan test``: what they print for people and programs; how they end."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from laneway.core import movement
from laneway_server.cli.application import app

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "plans"
VERIFY = SHIPPED / "odoo-verify-lane.yaml"
BOOTSTRAP = SHIPPED / "odoo-stable-bootstrap.yaml"

PLAN = """plan: small
version: 3
request:
  type: object
  additionalProperties: false
  required: [size]
  properties: {size: {type: integer}}
deadline: 2h
start: look
phases:
  look:
    action: http.check
    with: {probes: [{name: x, path: /, expect: {status: 200}}]}
    timeout: 30s
    on:
      pass: [{to: ask, when: "request.size > 2"}, {to: pass}]
      fail: fail
  ask:
    approval: {role: boss, expires: 1h}
    on: {approved: pass, rejected: refused, expired: refused}
  pass: {end: pass}
  fail: {end: fail}
  refused: {end: refused}
"""
SCENARIOS = """plan: small
request: {size: 1}
scenarios:
  - name: a small one needs no approval
    expect: {status: pass, path: [look, pass], duration: 1s}
  - name: a large one does
    request: {size: 3}
    meanwhile: [{do: approve, phase: ask, after: 1m}]
    expect: {status: pass, path: [look, ask, pass]}
  - name: what is wrong fails it
    answers: {look: fail}
    expect: {status: fail}
"""
REST = """  - name: nobody needs to approve
    request: {size: 3}
    expect: {status: refused, duration: 3601s}
  - name: somebody does not
    request: {size: 3}
    meanwhile: [{do: reject, phase: ask}]
    expect: {status: refused}
"""


def laneway(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(PLAN)
    (tmp_path / "small.scenarios.yaml").write_text(SCENARIOS)
    return tmp_path


def last(result: Result) -> str:
    return result.stdout.strip().splitlines()[-1]


# --- plan test -----------------------------------------------------------------------------------


def test_each_scenario_has_a_line_and_what_is_not_covered_is_named(folder: Path):
    result = laneway("test", folder)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "small · 3 scenarios",
        "  ✓ a small one needs no approval  1.0s",
        "  ✓ a large one does  1m 01s",
        "  ✓ what is wrong fails it  1.0s",
        "  coverage 66% · 4 of 6 transitions and results",
        "    not covered: ask: rejected → refused",
        "    not covered: ask: expired → refused",
        "",
        "✓ 1 plan: 3 scenarios passed",
    ]


def test_too_little_coverage_is_a_failure_where_that_is_asked_for(folder: Path):
    result = laneway("test", folder, "--min-coverage", "100")
    assert result.exit_code == 1
    assert last(result) == "✗ 1 plan: 3 scenarios passed, 1 plan covered too little"
    (folder / "more.scenarios.yaml").write_text("plan: small\nscenarios:\n" + REST)
    assert laneway("test", folder, "--min-coverage", "100").exit_code == 0


def test_what_is_not_as_expected_is_shown_as_a_difference(folder: Path):
    scenarios = SCENARIOS.replace("path: [look, ask, pass]", "path: [look, refused, pass]")
    (folder / "small.scenarios.yaml").write_text(scenarios.replace("status: fail", "status: pass"))
    result = laneway("test", folder, "--quiet")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:11] == [
        "small · 3 scenarios",
        "  ✗ a large one does  1m 01s",
        "      path (- expected, + found)",
        "          look",
        "        - refused",
        "        + ask",
        "          pass",
        "  ✗ what is wrong fails it  1.0s",
        "      status: expected pass, found fail",
        "  coverage 16% · 1 of 6 transitions and results",
        "    not covered: look: pass → ask (when request.size > 2)",
    ]
    assert last(result) == "✗ 1 plan: 1 scenario passed, 2 failed"


def test_programs_get_a_document(folder: Path):
    document = msgspec.json.decode(laneway("test", folder, "--json").stdout)
    (plan,) = document["plans"]
    assert (document["failed"], document["errors"]) == (0, 0)
    assert (plan["plan"], plan["version"]) == ("small", 3)
    assert plan["scenarios"][1] == {
        "name": "a large one does",
        "passed": True,
        "status": "pass",
        "duration_ms": 61_000,
        "path": ["look", "ask", "pass"],
        "mismatches": [],
    }
    assert [each["outcome"] for each in plan["coverage"]["missing"]] == ["rejected", "expired"]


@pytest.mark.parametrize("name", ["small.yaml", "small.scenarios.yaml"])
def test_one_plan_or_one_file_of_scenarios_may_be_named(folder: Path, name: str):
    (folder / "other.yaml").write_text(PLAN.replace("plan: small", "plan: other"))
    (folder / "other.scenarios.yaml").write_text(SCENARIOS.replace("plan: small", "plan: other"))
    result = laneway("test", folder / name)
    assert result.exit_code == 0
    assert result.stdout.startswith("small · 3 scenarios\n")
    assert last(result) == "✓ 1 plan: 3 scenarios passed"


def test_mistakes_in_scenarios_have_their_place(folder: Path):
    file = folder / "small.scenarios.yaml"
    file.write_text(SCENARIOS.replace("phase: ask", "phase: askk"))
    result = laneway("test", folder)
    assert result.exit_code == 1
    assert f"{file}:8:38: error: the plan has nothing to approve in 'askk'" in result.stdout
    assert "did you mean 'ask'?" in result.stdout


def test_scenarios_of_no_plan_are_a_mistake(folder: Path):
    (folder / "lost.scenarios.yaml").write_text(SCENARIOS.replace("plan: small", "plan: lost"))
    result = laneway("test", folder)
    assert result.exit_code == 1
    assert "no plan in" in result.stdout
    assert "is called 'lost'" in result.stdout


def test_a_plan_that_is_broken_is_not_played(folder: Path):
    (folder / "small.yaml").write_text(PLAN.replace("fail: {end: fail}", ""))
    result = laneway("test", folder)
    assert result.exit_code == 1
    assert "no phase is called 'fail'" in result.stdout or "'fail'" in result.stdout
    assert last(result) == "✗ no plans: no scenarios passed, 1 error"


def test_plans_without_scenarios_are_covered_by_nothing(folder: Path):
    (folder / "small.scenarios.yaml").unlink()
    assert laneway("test", folder).exit_code == 0
    assert laneway("test", folder, "--min-coverage", "1").exit_code == 1


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_nothing_to_test_is_a_matter_of_usage(tmp_path: Path, path: str):
    assert laneway("test", tmp_path / path).exit_code == 2


@pytest.mark.parametrize("plan", [BOOTSTRAP, VERIFY])
def test_plans_that_ship_are_covered_wholly(plan: Path):
    result = laneway("test", plan, "--min-coverage", "100")
    assert result.exit_code == 0
    assert "coverage 100%" in result.stdout


# --- plan rehearse: every way --------------------------------------------------------------------


def test_every_way_is_rehearsed_where_nothing_else_is_said(folder: Path):
    result = laneway("rehearse", folder / "small.yaml", "--crashes")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "small · version 3 · every way, with crashes"
    assert "taken both ways: request.size > 2" in result.stdout
    assert "every phase, every transition" in result.stdout
    assert "✓ 18 invariants held at" in lines[-1]


def test_what_is_given_is_not_varied(folder: Path):
    given = ("--request", '{"size": 1}', "--lane", "odoo/cm/prod")
    result = laneway("rehearse", folder / "small.yaml", *given)
    assert result.exit_code == 0
    assert "both ways" not in result.stdout
    assert "  not reached: ask" in result.stdout
    assert "  not taken: look: pass → ask (when request.size > 2)" in result.stdout


def test_programs_get_numbers(folder: Path):
    arguments = ("rehearse", folder / "small.yaml", "--exhaustive", "--disturbances", "0", "--json")
    document = msgspec.json.decode(laneway(*arguments).stdout)
    assert (document["plan"], document["how"], document["complete"]) == (
        "small",
        "exhaustive",
        True,
    )
    assert int(document["paths"]) == sum(int(end["paths"]) for end in document["ends"]) > 10
    assert document["broken"] == []
    assert document["guards_both_ways"] == ["request.size > 2"]
    ends = {(end["status"], end["place"]): end for end in document["ends"]}
    assert ends["refused", "refused"]["longest_ms"] == 3_600_000 + 29_999


def test_a_promise_that_breaks_is_shown_with_the_way_to_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(movement, "check_approver", lambda *_: None)
    result = laneway("rehearse", folder / "small.yaml")
    assert result.exit_code == 1
    assert "✗ approved: nothing is changed on an approval that does not cover it" in result.stdout
    assert "      3  ask: somebody approves something else" in result.stdout
    raw = laneway("rehearse", folder / "small.yaml", "--json")
    (broken,) = msgspec.json.decode(raw.stdout)["broken"]
    assert broken["invariant"] == "approved"
    assert broken["way"][:2] == ["gets its lane", "look: pass"]


# --- plan rehearse: chance, and scripts ----------------------------------------------------------


def test_operations_by_chance_are_told_with_their_durations(folder: Path):
    arguments = ("rehearse", folder / "small.yaml", "--random", "50", "--seed", "7")
    result = laneway(*arguments, "--crashes", "--chance", "pass=50")
    assert result.exit_code == 0
    assert result.stdout.startswith("small · version 3 · 50 operations by chance, seed 7\n")
    assert "half within" in result.stdout
    document = msgspec.json.decode(laneway(*arguments, "--json").stdout)
    assert document["operations"] == 50
    again = msgspec.json.decode(laneway(*arguments, "--json").stdout)
    assert document | {"seconds": 0} == again | {"seconds": 0}


def test_a_script_is_told_as_a_story(folder: Path):
    script = folder / "small.scenarios.yaml"
    result = laneway(
        "rehearse", folder / "small.yaml", "--script", script, "--scenario", "a large one does"
    )
    assert result.exit_code == 0
    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "small · version 3 · 1 scenario",
        "",
        "a large one does",
        "+0ms gets its lane → look",
        "+1.0s look: pass → ask",
        "+1m 01s ask: approver approves → pass",
        "✓ pass after 1m 01s",
    ]


def test_a_script_may_lie_anywhere_and_fails_as_its_scenarios_do(folder: Path, tmp_path: Path):
    elsewhere = tmp_path / "else"
    elsewhere.mkdir()
    script = elsewhere / "x.scenarios.yaml"
    script.write_text(SCENARIOS.replace("status: fail", "status: pass"))
    result = laneway("rehearse", folder / "small.yaml", "--script", script, "--json")
    assert result.exit_code == 1
    document = msgspec.json.decode(result.stdout)
    assert [each["passed"] for each in document["scenarios"]] == [True, True, False]
    assert document["scenarios"][0]["story"][0] == {
        "at_ms": 0,
        "told": "gets its lane",
        "came_to": ["look"],
    }


def test_every_way_may_begin_with_what_a_script_gives(folder: Path):
    script = folder / "small.scenarios.yaml"
    result = laneway("rehearse", folder / "small.yaml", "--script", script, "--exhaustive")
    assert result.exit_code == 0
    assert "both ways" not in result.stdout
    assert "  not reached: ask" in result.stdout


# --- plan rehearse: usage ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--request", "{"], "--request is no JSON object"),
        (["--request", '{"size": "big"}'], "--request: /size must be a whole number"),
        (["--target", "[]"], "--target is no JSON object"),
        (["--lane", "prod"], "'prod' is no lane"),
        (["--random", "1", "--chance", "pass"], "--chance 'pass' is not WHAT=WEIGHT"),
        (["--random", "1", "--chance", "pass=-1"], "is not WHAT=WEIGHT"),
        (["--random", "1", "--chance", "passs=1"], "nothing is called 'passs' did you mean 'pass'"),
        (["--script", "SCRIPT", "--scenario", "none"], "has no scenario 'none'"),
        (["--script", "BROKEN"], "error: scenarios lacks"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(folder: Path, arguments: list[str], told: str):
    (folder / "broken.scenarios.yaml").write_text("plan: small\n")
    named = {"SCRIPT": "small.scenarios.yaml", "BROKEN": "broken.scenarios.yaml"}
    given = [str(folder / named[a]) if a in named else a for a in arguments]
    result = laneway("rehearse", folder / "small.yaml", *given)
    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr


def test_a_plan_that_is_broken_is_not_rehearsed(tmp_path: Path):
    (tmp_path / "x.yaml").write_text("plan: x\n")
    result = laneway("rehearse", tmp_path / "x.yaml")
    assert result.exit_code == 2
    assert "cannot be rehearsed as it is" in result.stderr


def test_a_request_that_cannot_be_made_up_is_asked_for(folder: Path):
    strict = PLAN.replace("{type: integer}", "{type: string, pattern: '^Laneway-[0-9]+$'}")
    (folder / "small.yaml").write_text(strict.replace("request.size > 2", "request.size == 'x'"))
    result = laneway("rehearse", folder / "small.yaml")
    assert result.exit_code == 2
    assert "give --request" in result.stderr
    given = laneway("rehearse", folder / "small.yaml", "--request", '{"size": "Laneway-1"}')
    assert given.exit_code == 0
