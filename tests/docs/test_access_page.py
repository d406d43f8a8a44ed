"""docs/access.md: its access file is one without warnings, and does what the page says of it."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from laneway_server.cli.application import app
from tests.support.github import GithubTokens
from tests.support.guarded_world import guarded_world
from tests.support.issuer import GITHUB_CLAIMS
from tests.support.pages import Session

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "examples" / "access.yaml"
PLANS = str(ROOT / "plans")

HEAD, TOKENS = re.findall(r"```yaml\n(.*?^(?:rules|tokens):\n.*?)```", PAGE, re.DOTALL | re.M)
WHOLE = HEAD + TOKENS.replace("sha256:…", "sha256:" + "0" * 64).replace("2027-", "2099-")

WORKFLOW = """{
  "iss": "https://token.actions.githubusercontent.com", "aud": "laneway", "actor_id": "77",
  "sub": "repo:acme/odoo:pull_request", "repository": "acme/odoo", "repository_id": "123456789",
  "workflow_ref": "acme/odoo/.github/workflows/bootstrap.yml@refs/heads/main", "event_name": "%s"
}"""
RELEASE_MANAGER = """{
  "iss": "https://login.example.org", "sub": "ada", "groups": ["release-managers"]
}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "access.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def laneway(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["access", *arguments], input=given)


def explained(file: Path, who: str, do: str, instance: str = "testing") -> Result:
    about = ("--plan", "odoo-stable-bootstrap", "--lane", f"odoo/cm/{instance}")
    given = who if who.startswith("{") else None
    source = "-" if given else who
    whom = ("--access", str(file), "--as", source)
    return laneway("explain", *whom, "--do", do, *about, given=given)


def test_the_pages_file_has_no_warnings(file: Path):
    result = laneway("check", "--strict", "--plans", PLANS, str(file))
    assert result.stdout == "✓ 1 access file checked: no errors, no warnings\n"


@pytest.mark.parametrize(
    ("who", "do", "instance", "allowed"),
    [
        (WORKFLOW % "push", "submit", "testing", True),
        (WORKFLOW % "push", "submit", "prod", True),
        (WORKFLOW % "push", "submit", "live", False),
        (WORKFLOW % "push", "approve", "prod", False),
        (WORKFLOW % "pull_request", "submit", "testing", False),
        (RELEASE_MANAGER, "approve", "prod", True),
        (RELEASE_MANAGER, "submit", "testing", False),
        ("dashboard", "read", "prod", True),
        ("dashboard", "cancel", "prod", False),
    ],
)
def test_the_pages_rules_allow_what_it_says(
    file: Path, who: str, do: str, instance: str, allowed: bool
):
    assert explained(file, who, do, instance).exit_code == (0 if allowed else 1)


def test_the_page_shows_what_explain_says(file: Path):
    shown = explained(file, WORKFLOW % "pull_request", "submit").stdout.replace(
        str(file), file.name
    )
    assert shown.split("\n\n")[0] in PAGE


def test_the_example_beside_it_says_more_of_the_same():
    assert laneway("check", "--strict", "--plans", PLANS, str(EXAMPLE)).exit_code == 0


async def test_its_calls_are_answered_as_it_says(tmp_path: Path):
    async with guarded_world(tmp_path) as there, GithubTokens(there.github).up() as github:
        there.access(WHOLE)
        there.plan()
        await there.start()
        ada = there.manager("ada", str(GITHUB_CLAIMS["actor_id"]))
        people = {"TOKEN": there.manager("grace", "2001"), "ADA": ada, "LANEWAY_TOKEN": ada}
        around = {"LANEWAY_SERVER": there.server.url, "KEY": "1001", **github.variables, **people}
        async with Session(PAGE, tmp_path, around) as session:
            await session.read("2.")
            session.skip("3.")  # what it shows is compared above, and `serve` is what runs here
            await session.read("4.")
            await there.found()
            await there.until("waiting")
            session.knows("op_01KB7…", there.operation)
            await session.read("5.")
            await there.until("pass")
            await session.read("6.")
            assert not session.left
