"""The commands that work on files: ``plan check``, ``db`` and ``serve``'s settings."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from laneway_server.bootstrap import opened_store
from laneway_server.cli.application import app

ROOT = Path(__file__).parents[3]
BROKEN = ROOT / "tests" / "data" / "broken-plans"
SHIPPED = ROOT / "plans" / "odoo-stable-bootstrap.yaml"


def laneway(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def expected() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (BROKEN / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            found[[*found][-1]].append(line.strip())
        else:
            found[line] = []
    return found


def test_every_broken_plan_is_found_broken_at_the_right_places():
    result = laneway("plan", "check", str(BROKEN), "--json")
    assert result.exit_code == 1
    document = msgspec.json.decode(result.stdout)
    found: dict[str, list[str]] = {}
    for each in document["findings"]:
        place = f"{each['line']}:{each['column']} {each['code']}"
        found.setdefault(Path(each["file"]).name, []).append(place)
    assert found == expected()
    assert (document["errors"], document["plans"]) == (sum(map(len, found.values())), [])


def test_findings_are_lines_that_an_editor_can_follow():
    file = BROKEN / "duplicate-key.yaml"
    result = laneway("plan", "check", str(file), str(SHIPPED))
    assert result.exit_code == 1
    first, blank, *_, last = result.stdout.splitlines()
    assert first == f"{file}:9:3: error: 'look' is already there, at 5:3 — keep one of the two"
    assert (blank, last) == ("", "✗ 2 plans checked: 1 error, no warnings")


def test_plans_that_ship_are_sound():
    result = laneway("plan", "check", str(SHIPPED.parent))
    assert result.exit_code == 0
    assert result.stdout.endswith(" plans checked: no errors, no warnings\n")


def test_two_plans_of_one_name_are_found(tmp_path: Path):
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(SHIPPED.read_bytes())
    result = laneway("plan", "check", str(SHIPPED), str(copy), str(copy))
    assert result.exit_code == 1
    line = SHIPPED.read_text(encoding="utf-8").splitlines().index("plan: odoo-stable-bootstrap")
    place = f"{copy}:{line + 1}:7"
    assert f"{place}: error: the plan 'odoo-stable-bootstrap' is also in {SHIPPED}" in result.stdout
    assert "2 plans checked: 1 error" in result.stdout


def test_a_file_that_is_no_text_is_an_error_at_its_place(tmp_path: Path):
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"plan: x\nversion: \xff\n")
    result = laneway("plan", "check", str(file))
    assert result.exit_code == 1
    assert f"{file}:2:1: error: not UTF-8" in result.stdout


@pytest.mark.parametrize("arguments", [[], ["is/not/there.yaml"], ["EMPTY"]])
def test_nothing_to_check_is_a_matter_of_usage(arguments: list[str], tmp_path: Path):
    named = [str(tmp_path) if each == "EMPTY" else each for each in arguments]
    assert laneway("plan", "check", *named).exit_code == 2


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    file = tmp_path / "laneway.db"
    async with opened_store(file, migrate=True):
        pass
    return file


def test_a_sound_database_is_said_to_be_sound(database: Path):
    result = laneway("db", "check", "--database", str(database))
    assert result.exit_code == 0
    assert result.stdout == f"✓ {database}: 0 operations, 0 events, every chain verifies\n"


def test_a_database_that_is_up_to_date_stays_so(database: Path):
    assert laneway("db", "upgrade", "--database", str(database)).exit_code == 0
    raw = laneway("db", "upgrade", "--database", str(database), "--json")
    assert msgspec.json.decode(raw.stdout) == {"database": str(database), "up_to_date": True}


async def test_a_database_that_a_server_has_open_is_left_alone(database: Path):
    call = ("-m", "laneway_server.cli", "db", "check", "--database", str(database))
    async with opened_store(database, migrate=False):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *call, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.startswith(b"error: ")


def test_another_programs_database_is_left_alone(tmp_path: Path):
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = file.read_bytes()
    result = laneway("db", "check", "--database", str(file))
    assert result.exit_code == 1
    assert "another program" in result.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", ["check", "upgrade"])
def test_no_database_is_made_where_there_is_none(command: str, tmp_path: Path):
    file = tmp_path / "none.db"
    result = laneway("db", command, "--database", str(file))
    assert result.exit_code == 2
    assert not file.exists()


def test_every_mistake_in_the_settings_is_named(tmp_path: Path):
    config = tmp_path / "laneway.yaml"
    config.write_text("listn: 127.0.0.1:1\nmax_body: many\n")
    result = laneway("serve", "--config", str(config), "--max-depth", "1")
    assert result.exit_code == 2
    assert f"{config}:1: listn" in result.stderr
    assert f"{config}:2: max_body" in result.stderr
    assert "--max-depth" in result.stderr


def test_a_demo_stays_on_this_machine():
    result = laneway("serve", "--demo", "--listen", "0.0.0.0:8080")
    assert result.exit_code == 2
    assert "listen: 0.0.0.0 can be reached from other machines" in result.stderr


def test_a_server_that_cannot_start_says_why(tmp_path: Path):
    missing = tmp_path / "missing"
    result = laneway("serve", "--demo", "--listen", "127.0.0.1:0", "--plans", str(missing))
    assert result.exit_code == 1
    assert f"the plans cannot be read: {missing} is no folder" in result.stderr
