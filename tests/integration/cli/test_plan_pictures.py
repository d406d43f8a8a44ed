"""``plan show``, ``plan diagram`` and ``plan diff``: of files, of a server, of a database."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
import structlog
from typer.testing import CliRunner, Result

from laneway.diagram import mermaid, svg
from laneway_server.cli.application import app
from tests.integration.cli.support import run
from tests.integration.server.support import PASS, Laneway, laneway
from tests.support import pictures

FILE = str(pictures.ROOT / "plans" / "odoo-stable-bootstrap.yaml")
OTHER = "tests/data/broken-plans/no-way-out.yaml"


def call(*arguments: str, **how: str) -> Result:
    return CliRunner().invoke(app, ["plan", *arguments], **how)  # type: ignore[arg-type]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Laneway]:
    # A server in this process must not log to what the command under test prints to.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    async with laneway(tmp_path) as running:
        yield running
    structlog.reset_defaults()


async def operation(server: Laneway) -> str:
    """An operation that has passed its first phase."""
    accepted = await server.api.submit()
    await server.action("prove").answer(PASS)
    await server.action("act").called()
    return str(accepted.json["id"])


@pytest.fixture
async def database(tmp_path: Path) -> tuple[Path, str]:
    """A database with one operation, and no server."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    async with laneway(tmp_path) as running:
        known = await operation(running)
        await running.action("act").answer(PASS)
        await running.finished(known)
    structlog.reset_defaults()
    return tmp_path / "laneway.db", known


# --- show ----------------------------------------------------------------------------------------


def test_a_plan_is_told_in_words():
    result = call("show", FILE)
    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "Odoo stable bootstrap odoo-stable-bootstrap version 1" in told
    for sentence in (
        "lane exclusive: one operation at a time; a submission for a lane that is held is refused",
        "must name the last such operation (supersedes)",
        "confirmation (string, required): The lane's confirmation",
        "no return with Bootstrap (bootstrap): from there on cancelling is refused",
        "Bootstrap bootstrap destructive no return does odoo.bootstrap, which destroys",
        "Target proof (target_proof) has passed not more than 15m ago; it is made again",
        "asks one person with the role release-manager (not who requested it), for 4h",
        "cancel refused: the point of no return is behind it",
        "then pass when lane.instance == 'prod': Approval by a release manager (approval)",
        "30s each; up to 20 attempts, on unavailable, timeout, rate_limited; pauses of 2s",
        "worst case 5h 45m 47s, by policy_proof -pass-> target_proof",
        "always after policy_proof, target_proof",
    ):
        assert sentence in told


def test_a_plan_is_told_to_programs():
    document = msgspec.json.decode(call("show", FILE, "--json").stdout)
    assert (document["plan"], document["title"]) == (
        "odoo-stable-bootstrap",
        "Odoo stable bootstrap",
    )
    phases = {phase["name"]: phase for phase in document["phases"]}
    assert phases["bootstrap"]["kind"] == "destructive"
    assert phases["bootstrap"]["committed"]
    assert not phases["approval"]["committed"]
    assert {"about": "ends", "words": "the operation as refused"} in phases["refused"]["says"]


async def test_the_plan_of_a_server_is_told(server: Laneway):
    result = await run(server.api.url, "plan", "show", "gate")
    assert result.exit_code == 0
    assert "one person with the role release-manager" in result.stdout
    wrong = await run(server.api.url, "plan", "show", "gate@7")
    assert wrong.exit_code == 2
    assert "the server offers version 1 of gate" in wrong.stderr
    gone = await run(server.api.url, "plan", "show", "nothing")
    assert gone.exit_code == 1
    assert "no plan 'nothing' is loaded" in gone.stderr


def test_the_plan_of_a_database_is_told(database: tuple[Path, str]):
    file, _ = database
    result = call("show", "work@1", "--database", str(file))
    assert result.exit_code == 0
    assert "test.act, which destroys" in result.stdout
    missing = call("show", "work@2", "--database", str(file))
    assert missing.exit_code == 2
    assert "no operation in the database was accepted under version 2 of work" in missing.stderr


@pytest.mark.parametrize("command", ["show", "diagram"])
def test_a_plan_with_errors_is_not_shown(command: str):
    result = call(command, str(pictures.ROOT / OTHER))
    assert result.exit_code == 2
    assert "error: " in result.stderr


def test_what_is_no_plan_is_a_matter_of_usage(database: tuple[Path, str]):
    assert call("show", "is/not/there.yaml").exit_code == 2
    wrong = call("show", "work@new", "--database", str(database[0]))
    assert wrong.exit_code == 2
    assert "one looks like work@3" in wrong.stderr


# --- diagram -------------------------------------------------------------------------------------


def test_a_plan_is_drawn_on_the_terminal():
    result = call("diagram", FILE, "--width", "70")
    assert result.exit_code == 0
    assert "╭─" in result.stdout
    assert "POINT OF NO RETURN" in result.stdout
    assert "\x1b" not in result.stdout, "this is no terminal"
    assert max(map(len, result.stdout.splitlines())) <= 70
    assert call("diagram", FILE, "--ascii").stdout.isascii()


def test_a_plan_is_drawn_into_a_file(tmp_path: Path):
    plan = pictures.shipped().plan
    for name, drawn in (("plan.svg", svg(plan)), ("plan.mmd", mermaid(plan))):
        result = call("diagram", FILE, "-o", str(tmp_path / name))
        assert (result.exit_code, result.stdout) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8") == drawn
    named = call("diagram", FILE, "--format", "svg")
    assert named.stdout.rstrip("\n") == svg(plan)
    nowhere = call("diagram", FILE, "-o", str(tmp_path / "no" / "plan.svg"))
    assert nowhere.exit_code == 2


def test_a_plan_comes_from_standard_input():
    text = Path(FILE).read_text(encoding="utf-8")
    assert call("diagram", "-", input=text).stdout == call("diagram", FILE).stdout


def test_there_must_be_something_to_draw():
    result = call("diagram")
    assert result.exit_code == 2
    assert "name a plan, or an operation" in result.stderr


async def test_an_operations_path_comes_from_its_server(server: Laneway):
    known = await operation(server)
    where = ("--operation", known)
    text = await run(server.api.url, "plan", "diagram", *where)
    assert text.exit_code == 0
    assert f"{known} on shop/eu/testing: running" in text.stdout
    assert "● pass" in text.stdout
    drawn = await run(server.api.url, "plan", "diagram", "work", *where, "--format", "svg")
    assert ElementTree.fromstring(drawn.stdout).get("role") == "img"
    other = await run(server.api.url, "plan", "diagram", "gate", *where)
    assert other.exit_code == 2
    assert "the operation was accepted under work: leave gate out" in other.stderr


def test_an_operations_path_comes_from_a_database(database: tuple[Path, str], tmp_path: Path):
    file, known = database
    where = ("--operation", known, "--database", str(file))
    assert f"{known} on shop/eu/testing: pass after" in call("diagram", *where).stdout
    assert call("diagram", "work", *where).exit_code == 0
    assert call("diagram", "gate", *where).exit_code == 2
    missing = call("diagram", "--operation", "op_x", "--database", str(file))
    assert missing.exit_code == 2
    assert "there is no operation op_x" in missing.stderr


# --- diff ----------------------------------------------------------------------------------------


def edited(tmp_path: Path, *changes: tuple[str, str]) -> str:
    text = Path(FILE).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "new.yaml")


RAISED = ("version: 1\n", "version: 2\n")
WEAKER = ("quorum: 1, expires: 4h, allow_requester: false", "expires: 4h, allow_requester: true")
AGE = ("target_proof: {max_age: 15m}", "target_proof: {max_age: 1h}")


def test_a_difference_is_told_with_what_it_means(tmp_path: Path):
    result = call("diff", FILE, edited(tmp_path, RAISED, WEAKER, AGE))
    assert result.exit_code == 0
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == "odoo-stable-bootstrap version 1 → odoo-stable-bootstrap version 2"
    dangerous = lines.index("dangerous: a safeguard is gone, or more is destroyed")
    assert lines[dangerous + 1] == "✗ approval: who requested it may approve it"
    assert "△ bootstrap: target_proof may be 1h old, not 15m" in lines
    assert "✓ the version was raised from 1 to 2" in lines
    assert "operations that were accepted under version 1 stay on it" in result.stdout


def test_a_version_that_was_not_raised_is_an_error(tmp_path: Path):
    result = call("diff", FILE, edited(tmp_path, AGE))
    assert result.exit_code == 1
    assert "the content has changed, and the version is 1: raise it to 2" in result.stdout


def test_comments_are_no_difference(tmp_path: Path):
    result = call("diff", FILE, edited(tmp_path, ("# --- proofs:", "# proofs:")))
    assert result.exit_code == 0
    assert "no difference to an operation" in result.stdout


def test_a_difference_is_told_to_programs(tmp_path: Path):
    result = call("diff", FILE, edited(tmp_path, WEAKER), "--json")
    assert result.exit_code == 1
    document = msgspec.json.decode(result.stdout)
    assert (document["version"], document["worst"]) == ("not_raised", "dangerous")
    assert document["old"]["digest"] != document["new"]["digest"]
    (change,) = document["changes"]
    assert (change["code"], change["phase"]) == ("approval_requester", "approval")


def test_a_plan_that_cannot_be_used_is_not_compared():
    result = call("diff", FILE, str(pictures.ROOT / OTHER))
    assert result.exit_code == 2
    assert "error: " in result.stderr


async def test_a_file_is_compared_with_what_a_server_offers(server: Laneway, tmp_path: Path):
    result = await run(server.api.url, "plan", "diff", "work@1", FILE)
    assert result.exit_code == 0
    assert "work version 1 → odoo-stable-bootstrap version 1" in result.stdout
    assert "these are two plans" in result.stdout
