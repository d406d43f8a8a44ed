"""``laneway plan check``: what it prints, for whom, and how it ends."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from laneway.core.proofs import RULES as PROVED
from laneway.loading.rules import RULES
from laneway_server.cli import plan_annotations, plan_explain
from laneway_server.cli.application import app
from laneway_server.cli.plan_files import Checked, files

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "plans"

LOOP = """\
plan: loop
version: 1
start: look
phases:
  look: {action: odoo.check_health, on: {pass: rest, fail: fail}}
  rest: {wait: 1m, on: {pass: look}}
  fail: {end: fail}
"""
DOUBTFUL = """\
plan: doubtful
version: 1
deadline: 1m
start: look
phases:
  look: {action: odoo.check_health, timeout: 2m, on: {pass: pass, fail: fail}}
  pass: {end: pass}
  fail: {end: fail}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to call from, with a plan that is broken and one that is suspicious."""
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "loop.yaml").write_text(LOOP)
    (tmp_path / "plans" / "my doubtful.yaml").write_text(DOUBTFUL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plan", "check", *arguments])


def test_people_read_what_is_wrong_where_and_on_which_way(here: Path):
    result = check("plans")
    assert result.exit_code == 1
    assert result.stdout == (
        "plans/loop.yaml:5:3: error: look → rest → look can go round for ever — give one of them "
        "`max_visits`, such as `max_visits: 3` on 'look'\n"
        "    look -pass-> rest -pass-> look\n"
        "plans/my doubtful.yaml:3:11: warning: the deadline (1m) passes before an operation must "
        "be over: it can take 2m — give it a deadline of 2m or more, or shorten what takes so "
        "long\n"
        "    look -pass-> pass\n"
        "\n"
        "plans/my doubtful.yaml: doubtful, version 1\n"
        "  worst case          2m; the deadline is 1m\n"
        "  longest way         look (2m) -pass-> pass\n"
        "  point of no return  none: it can be cancelled to its end\n"
        "\n"
        "✗ 2 plans checked: 1 error, 1 warning\n"
    )


def test_the_plans_that_ship_are_proved_with_their_worst_cases():
    result = check(str(SHIPPED))
    assert result.exit_code == 0
    assert re.search(r"✓ \d plans checked: no errors, no warnings\n$", result.stdout)
    assert "worst case          5h 45m 47s; the deadline is 8h" in result.stdout
    assert "approval (4h) -approved-> bootstrap (51m) -pass->" in result.stdout
    assert "asked again         approval: each time a proof says another thing" in result.stdout
    assert "point of no return  bootstrap" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plans/my doubtful.yaml",), 0),
        (("plans/my doubtful.yaml", "--strict"), 1),
        ((str(SHIPPED), "--strict"), 0),
        (("plans/loop.yaml",), 1),
        ((), 2),
        (("nowhere",), 2),
        (("plans", "--format", "xml"), 2),
        (("--explain", "nothing"), 2),
        (("--explain", "endless_loop"), 0),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_the_exit_code_is_the_same_in_every_format(
    here: Path, arguments: tuple[str, ...], code: int, form: str
):
    more = () if "--format" in arguments else ("--format", form)
    assert check(*arguments, *more).exit_code == code


def test_programs_read_the_way_and_the_facts(here: Path):
    document = msgspec.json.decode(check("plans", "--json").stdout)
    assert document == msgspec.json.decode(check("plans", "-f", "json").stdout)
    loop, _ = document["findings"]
    assert loop["witness"] == [
        {"phase": "look", "outcome": "pass", "line": 5},
        {"phase": "rest", "outcome": "pass", "line": 6},
        {"phase": "look", "outcome": None, "line": 5},
    ]
    (plan,) = document["plans"]
    assert plan["facts"] == {
        "deadline": 60_000,
        "worst_case": 120_000,
        "exact": True,
        "longest_way": [
            {"phase": "look", "outcome": "pass", "takes": 120_000},
            {"phase": "pass", "outcome": None, "takes": 0},
        ],
        "after_deadline": None,
        "open_waits": [],
        "asked_again": [],
        "destructive": [],
        "point_of_no_return": [],
        "dominators": {"look": [], "pass": ["look"], "fail": ["look"]},
    }


def test_a_workflow_gets_annotations(here: Path):
    result = check("plans", "--format", "github")
    loop, doubtful = result.stdout.splitlines()
    assert loop == (
        "::error file=plans/loop.yaml,line=5,col=3,title=laneway%3A endless_loop::look → rest → "
        "look can go round for ever — give one of them `max_visits`, such as `max_visits: 3` on "
        "'look'%0Alook -pass-> rest -pass-> look"
    )
    assert doubtful.startswith("::warning file=plans/my doubtful.yaml,line=3,col=11,title=")
    assert "2 plans checked: 1 error, 1 warning" in result.stderr


def test_what_a_file_is_called_cannot_become_a_command_of_the_workflow(tmp_path: Path):
    odd = tmp_path / "a,line=9::b%\n::error::c.yaml"
    odd.write_text(LOOP)
    (found,) = Checked([odd]).findings
    line = plan_annotations.command(found)
    assert "\n" not in line
    assert "a%2Cline=9%3A%3Ab%25%0A%3A%3Aerror%3A%3Ac.yaml,line=5" in line


# --- SARIF ---------------------------------------------------------------------------------------

TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
ARTIFACT: dict[str, Any] = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%:-]+$"}},
    "additionalProperties": False,
}
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1}
LOCATION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "message": TEXT,
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": ARTIFACT,
                "region": {
                    "type": "object",
                    "properties": {"startLine": NUMBER, "startColumn": NUMBER},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def list_of(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": items}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


RULE = closed(
    ["id"],
    id={"type": "string"},
    shortDescription=TEXT,
    help=TEXT,
    defaultConfiguration=closed([], level=LEVEL),
)
FLOW = closed(
    ["threadFlows"],
    message=TEXT,
    threadFlows=list_of(
        closed(["locations"], locations=list_of(closed([], location=LOCATION), 1)), 1
    ),
)
RESULT = closed(
    ["message"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations=list_of(LOCATION, 1),
    codeFlows=list_of(FLOW, 1),
)
DRIVER = closed(
    ["name"],
    name={"type": "string"},
    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
    rules=list_of(RULE),
)
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    artifacts=list_of(closed([], location=ARTIFACT)),
    results=list_of(RESULT),
)
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "pattern": "/sarif-schema-2.1.0.json$"}},
    version={"const": "2.1.0"},
    runs=list_of(RUN),
)
"""What of SARIF 2.1.0 is used, as its own schema has it, and nothing beside."""


def sarif(*arguments: str) -> dict[str, Any]:
    log: dict[str, Any] = msgspec.json.decode(check(*arguments, "--format", "sarif").stdout)
    errors = Draft202012Validator(SARIF).iter_errors(log)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_a_scanner_gets_every_finding_with_its_rule_and_its_way(here: Path):
    run = sarif("plans")
    loop, doubtful = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in (loop, doubtful)] == [
        "endless_loop",
        "deadline_short",
    ]
    assert (loop["level"], doubtful["level"]) == ("error", "warning")
    place = doubtful["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "plans/my%20doubtful.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 11}
    steps = loop["codeFlows"][0]["threadFlows"][0]["locations"]
    told = [each["location"]["message"]["text"] for each in steps]
    assert told == ["look ends as pass", "rest ends as pass", "look"]


def test_a_scanner_knows_every_rule_also_where_nothing_is_found():
    run = sarif(str(SHIPPED))
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    assert all(unquote(each["location"]["uri"]).startswith("file:///") for each in run["artifacts"])


@pytest.mark.parametrize("folder", ["broken-plans", "doubtful-plans", "unproved-plans"])
def test_whatever_can_be_found_is_good_sarif(folder: str):
    run = sarif(str(ROOT / "tests" / "data" / folder))
    assert len(run["results"]) >= 5


# --- what codes mean -----------------------------------------------------------------------------


def test_a_code_is_explained_with_what_to_do():
    result = check("--explain", "destructive_again")
    assert result.exit_code == 0
    rule = PROVED["destructive_again"]
    assert result.stdout == f"destructive_again (error)\n  {rule.meaning}\n  → {rule.remedy}\n"


def test_every_code_is_explained_for_people_and_programs():
    assert all(f"{code} (" in check("--explain", "all").stdout for code in RULES)
    document = msgspec.json.decode(check("--explain", "all", "--json").stdout)
    assert [each["code"] for each in document] == list(RULES)
    assert all(set(each) == {"code", "severity", "meaning", "remedy"} for each in document)


def test_a_code_that_is_not_there_brings_the_nearest():
    result = check("--explain", "destructive_agan")
    assert "there is no code 'destructive_agan': did you mean 'destructive_again'?" in result.stderr


def test_every_code_that_the_sources_name_has_its_row():
    """What is found without a row could not be explained, and would end the command."""
    core = ROOT / "engine" / "laneway" / "core"
    named: set[str] = set()
    for file in [*(core / "proofs").glob("*.py"), core / "cel.py", core / "expressions.py"]:
        if file.name != "rules.py":
            text = file.read_text(encoding="utf-8")
            named |= set(
                re.findall(r'(?:found|_finding|_too_late)\(\s*(?:\w+, )?"([a-z_]+)"', text)
            )
            named |= set(re.findall(r'code: str = "([a-z_]+)"', text))
    assert len(named) > 40
    assert named <= set(RULES), named - set(RULES)
    folders = ("broken-plans", "doubtful-plans", "unproved-plans")
    for folder in folders:
        found = Checked(list(files([ROOT / "tests" / "data" / folder]))).findings
        assert {each.code for each in found} <= set(RULES)


def test_the_documentation_has_the_table_of_codes():
    page = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
    _, _, rest = page.partition("<!-- the table of codes -->\n")
    assert rest.startswith(plan_explain.markdown()), (
        "write the output of `plan_explain.markdown()` there"
    )


# --- before a commit -----------------------------------------------------------------------------


def test_the_hook_checks_plans_and_not_what_lies_beside_them():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    taken = ["plans/a.yaml", "deploy/plans/b.yml"]
    left = ["plans/a.scenarios.yaml", "plans/deep/c.yaml", "myplans/a.yaml", "plans/README.md"]
    assert [name for name in taken + left if chosen(hook, name)] == taken
    command, *arguments = hook["entry"].split()
    assert command == "laneway"
    names = [str(path) for path in SHIPPED.glob("*.yaml") if chosen(hook, str(path))]
    assert names
    assert CliRunner().invoke(app, [*arguments, *names]).exit_code == 0


def chosen(hook: dict[str, Any], name: str) -> bool:
    return bool(re.search(hook["files"], name)) and not re.search(hook["exclude"], name)


def test_scenarios_beside_a_plan_are_no_plans(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(DOUBTFUL)
    (tmp_path / "a.scenarios.yaml").write_text("no: plan\n")
    assert [path.name for path in files([tmp_path])] == ["a.yaml"]
