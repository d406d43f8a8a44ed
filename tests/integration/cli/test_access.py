"""``access check`` and ``access explain``."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from laneway_server.cli.application import app

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "access.yaml"
PLANS = str(ROOT / "plans")

WIDE = """\
version: 1
issuers:
  github: {issuer: https://token.actions.githubusercontent.com, audience: laneway}
rules:
  - {name: all, who: {anyone: true}, may: [read]}
"""
WRONG = WIDE.replace("anyone: true", "")
CLAIMS = {
    "iss": "https://token.actions.githubusercontent.com",
    "aud": "laneway",
    "sub": "repo:acme/odoo:ref:refs/heads/main",
    "repository": "acme/odoo",
    "repository_id": "123456789",
    "ref": "refs/heads/main",
    "workflow_ref": "acme/odoo/.github/workflows/bootstrap.yml@refs/heads/main",
    "event_name": "workflow_dispatch",
    "actor_id": "77",
}
ADA = {
    "iss": "https://login.example.org",
    "sub": "ada",
    "groups": ["release-managers"],
    "github_id": "77",
}
SUBMIT = ("--do", "submit", "--plan", "odoo-stable-bootstrap", "--lane", "odoo/cm/testing")


def laneway(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["access", *arguments], input=given)


def document(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


def explained(claims: object, *arguments: str) -> Result:
    given = msgspec.json.encode(claims).decode()
    return laneway("explain", "--access", str(EXAMPLE), "--as", "-", *arguments, given=given)


# --- check ---------------------------------------------------------------------------------------


def test_the_example_is_sound_for_the_plans_that_ship():
    result = laneway("check", "--strict", "--plans", PLANS, str(EXAMPLE))
    assert result.stdout == "✓ 1 access file checked: no errors, no warnings\n"
    assert result.exit_code == 0


def test_errors_and_warnings_are_lines_that_an_editor_can_follow(tmp_path: Path):
    wide, wrong = tmp_path / "wide.yaml", tmp_path / "wrong.yaml"
    wide.write_text(WIDE)
    wrong.write_text(WRONG)
    result = laneway("check", str(wide), str(wrong))
    assert result.exit_code == 1
    first, second, empty, summary = result.stdout.splitlines()
    assert first.startswith(f"{wide}:5:31: warning: anyone is also every workflow of every")
    assert second.startswith(f"{wrong}:5:22: error: `who` says nothing")
    assert (empty, summary) == ("", "✗ 2 access files checked: 1 error, 1 warning")


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--strict",), 1)])
def test_warnings_are_errors_where_that_is_asked(tmp_path: Path, more: tuple[str, ...], code: int):
    file = tmp_path / "access.yaml"
    file.write_text(WIDE)
    result = laneway("check", "--json", str(file), *more)
    assert result.exit_code == code
    found = document(result)
    assert (found["errors"], found["warnings"]) == (0, 1)
    assert found["findings"][0]["code"] == "any_repository"
    (policy,) = found["policies"]
    assert (policy["file"], policy["rules"]) == (str(file), ["all"])
    assert policy["policy"].startswith("sha256:")


def test_names_of_plans_are_checked_where_the_plans_are_named(tmp_path: Path):
    file = tmp_path / "access.yaml"
    file.write_text(EXAMPLE.read_text().replace("[odoo-verify-lane]", "[odoo-verify-line]"))
    assert laneway("check", "--strict", str(file)).exit_code == 0
    result = laneway("check", "--strict", "--plans", PLANS, str(file))
    assert result.exit_code == 1
    assert "there is no plan 'odoo-verify-line' — did you mean 'odoo-verify-lane'?" in result.stdout


@pytest.mark.parametrize("path", ["missing.yaml", "."])
def test_what_is_no_file_cannot_be_checked(tmp_path: Path, path: str):
    result = laneway("check", str(tmp_path / path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error: " in result.stderr


def test_a_file_that_is_no_text_cannot_be_used(tmp_path: Path):
    file = tmp_path / "access.yaml"
    file.write_bytes(b"version: \xff\n")
    result = laneway("check", str(file))
    assert result.exit_code == 1
    assert f"{file}:1:1: error: the file is not UTF-8" in result.stdout


def test_plans_that_cannot_be_read_are_a_wrong_question(tmp_path: Path):
    result = laneway("check", "--plans", str(tmp_path / "none"), str(EXAMPLE))
    assert result.exit_code == 2


def test_plans_that_cannot_be_used_are_not_taken_for_missing_ones(tmp_path: Path):
    (tmp_path / "broken.yaml").write_text("plan: x\n")
    result = laneway("check", "--plans", str(tmp_path), str(EXAMPLE))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"`laneway plan check {tmp_path}` says why" in result.stderr


# --- explain -------------------------------------------------------------------------------------


def place(rule: str) -> str:
    lines = EXAMPLE.read_text().splitlines()
    return f"{EXAMPLE}:{lines.index(f'  - name: {rule}') + 1}:5"


def test_it_says_which_rule_allows_it():
    result = explained(CLAIMS, *SUBMIT)
    assert result.exit_code == 0
    allowed, by, empty, header, *rules = result.stdout.splitlines()
    assert allowed == (
        "✓ allowed: github:repo:acme/odoo:ref:refs/heads/main may submit odoo-stable-bootstrap "
        "on odoo/cm/testing"
    )
    assert by == f"  by the rule bootstrap-testing, {place('bootstrap-testing')}"
    assert (empty, header.split()) == ("", ["rule", "condition", "why", "not"])
    assert rules[0].split(maxsplit=1) == ["bootstrap-testing", "it allows it"]
    assert rules[1].split()[:2] == ["verify-every-lane", "plans"]


def test_it_says_what_came_closest():
    result = explained({**CLAIMS, "event_name": "pull_request"}, *SUBMIT)
    assert result.exit_code == 1
    denied, closest, why, *_ = result.stdout.splitlines()
    assert denied.startswith("✗ denied: github:repo:acme/odoo:ref:refs/heads/main may not submit")
    assert closest == f"  the rule bootstrap-testing comes closest, {place('bootstrap-testing')}:"
    assert why == (
        "  who.event_names: it is for the event 'push' or 'workflow_dispatch', "
        "and the caller's is 'pull_request'"
    )


def test_it_tells_programs_the_same():
    found = document(explained(CLAIMS, *SUBMIT, "--json"))
    assert (found["allowed"], found["rules"], found["closest"]) == (
        True,
        ["bootstrap-testing"],
        None,
    )
    assert found["caller"]["claims"]["person"] == "github:77"
    assert "odoo_stable_bootstrap.execute" in found["question"]["authz_actions"]
    told = {each["rule"]: each["condition"] for each in found["answers"]}
    assert told["bootstrap-testing"] is None
    assert told["administrators"] == "who.subjects"


def test_the_role_is_the_one_that_the_plan_asks_for():
    about = ("--plan", "odoo-stable-bootstrap", "--lane", "odoo/cm/prod", "--json")
    assert document(explained(ADA, "--do", "approve", *about))["allowed"]
    other = explained(ADA, "--do", "approve", "--role", "auditor", *about)
    assert other.exit_code == 1
    assert document(other)["closest"] == "release-managers"
    none = explained(ADA, "--do", "approve", "--plan", "odoo-verify-lane")
    assert (none.exit_code, none.stderr) == (2, "error: 'odoo-verify-lane' asks nobody\n")


def test_a_token_is_named():
    about = ("explain", "--access", str(EXAMPLE), "--do", "read")
    for name in ("monitoring", "token:monitoring"):
        assert laneway(*about, "--as", name).exit_code == 0
    result = laneway(*about, "--as", "monitorin")
    assert result.exit_code == 2
    assert "did you mean 'monitoring'?" in result.stderr


def test_somebody_of_the_audit_log_is_believed_as_long_as_the_file_has_them(tmp_path: Path):
    actor = document(explained(CLAIMS, *SUBMIT, "--json"))["caller"]
    again = document(explained(actor, *SUBMIT, "--json"))
    assert (again["allowed"], again["caller"]) == (True, actor)
    gone = {**actor, "claims": {**actor["claims"], "issuer": "gitlab"}}
    result = explained(gone, *SUBMIT)
    assert result.exit_code == 1
    assert "no issuer of the access file vouches for the caller" in result.stdout


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"sub": "x"}, "claims have an `iss` and a `sub`"),
        ({**CLAIMS, "iss": "https://gitlab.example.org"}, "so its tokens are refused"),
        ({**CLAIMS, "aud": ["laneway", "other"]}, "is refused: the issuer 'github' has the"),
        ([], "no JSON object"),
    ],
)
def test_claims_that_no_caller_can_have(claims: object, said: str):
    result = explained(claims, *SUBMIT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("--do", "submmit"), "did you mean 'submit'?"),
        (("--do", "fly"), "there are submit, read,"),
        (("--do", "submit", "--plan", "odoo-stable-bootstrap"), "say --plan and --lane"),
        (("--do", "submit", "--plan", "odoo-stable", "--lane", "a/b/c"), "no plan 'odoo-stable'"),
        (("--do", "read", "--lane", "testing"), "is no lane"),
    ],
)
def test_questions_that_are_none(question: tuple[str, ...], said: str):
    result = explained(CLAIMS, *question)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_file_that_cannot_be_used_explains_nothing(tmp_path: Path):
    file = tmp_path / "access.yaml"
    file.write_text(WRONG)
    result = laneway("explain", "--access", str(file), "--as", "x", "--do", "read")
    assert result.exit_code == 2
    assert f"{file}:5:22: error" in result.stderr


def test_what_a_claim_says_reaches_no_terminal_as_anything_but_text():
    result = explained({**CLAIMS, "ref": "refs/heads/\x1b]0;evil\x07"}, *SUBMIT)
    assert "\x1b" not in result.stdout
