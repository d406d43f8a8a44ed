"""``audit export`` and ``audit verify``: with a database, with a server, and on what they wrote."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import structlog
from typer.testing import CliRunner, Result

from laneway.core.audit import AuditEntry
from laneway.testing.store_promises_access import note_of
from laneway_server.bootstrap import opened_store
from laneway_server.cli.application import app
from tests.integration.server.support import laneway as running_server

REASONS = ("first", "second", "third")


def laneway(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    file = tmp_path / "laneway.db"
    async with opened_store(file, migrate=True) as store:
        for reason in REASONS:
            await store.audit.record(note_of(detail={"reason": reason}))
    return file


async def entries(database: Path) -> list[AuditEntry]:
    async with opened_store(database, migrate=False) as store:
        return [*await store.audit.entries()]


@pytest.fixture
def export(database: Path, tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    file.write_text(laneway("export", "--database", str(database)).stdout, encoding="utf-8")
    return file


def tampered(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for name in ("audit_follows", "audit_is_not_changed", "audit_is_not_removed"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


def test_a_database_is_exported_as_lines_and_verified(database: Path, export: Path):
    lines = [msgspec.json.decode(line) for line in export.read_text().splitlines()]
    assert [line["detail"]["reason"] for line in lines[:-1]] == [*REASONS]
    assert lines[-1]["head"]["seq"] == 3
    for named in ([str(export)], ["--database", str(database)]):
        result = laneway("verify", *named)
        assert result.exit_code == 0
        assert "3 entries, as they were written" in result.stdout
        assert f"the newest is 3:{lines[2]['hash']}" in result.stdout


def test_words_about_an_export_are_not_in_it(database: Path):
    result = laneway("export", "--database", str(database))
    assert "3 entries; the newest is 3:" in result.stderr
    assert all(line.startswith("{") for line in result.stdout.splitlines())


def test_an_export_begins_where_it_is_told_to(database: Path):
    after = laneway("export", "--database", str(database), "--after", "2").stdout.splitlines()
    assert [msgspec.json.decode(line).get("seq") for line in after] == [3, None]
    since = laneway("export", "--database", str(database), "--since", "2026-01-31T10:30:00+01:00")
    assert len(since.stdout.splitlines()) == 4
    none = laneway("export", "--database", str(database), "--since", "2027-01-01T00:00:00Z")
    assert len(none.stdout.splitlines()) == 1
    beyond = laneway("export", "--database", str(database), "--after", "4")
    assert (beyond.exit_code, beyond.stdout) == (1, "")
    assert "there is no entry 4" in beyond.stderr


def test_a_changed_line_is_found(export: Path):
    export.write_text(export.read_text().replace("second", "zweite"))
    result = laneway("verify", str(export))
    assert (result.exit_code, result.stdout.count("entry 2 was changed")) == (1, 1)
    result = laneway("verify", str(export), "--json")
    assert result.exit_code == 1
    assert msgspec.json.decode(result.stdout)["broken"].startswith("entry 2 was changed")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET entry = replace(entry, 'second', 'x') WHERE seq = 2", "entry 2 was"),
        ("DELETE FROM audit WHERE seq = 1", "entry 1 is missing"),
        ("UPDATE audit SET entry = '{}' WHERE seq = 3", "entry 3 of the audit log was changed"),
    ],
)
def test_a_changed_database_is_found(database: Path, statement: str, said: str):
    tampered(database, statement)
    result = laneway("verify", "--database", str(database))
    assert result.exit_code == 1
    assert said in result.output


async def test_what_was_cut_off_is_found_by_what_was_noted_down(database: Path):
    newest = (await entries(database))[-1]
    noted = ("--noted", f"3:{newest.hash}")
    sound = await asyncio.to_thread(laneway, "verify", "--database", str(database), *noted)
    assert sound.exit_code == 0
    tampered(database, "DELETE FROM audit WHERE seq = 3")
    unnoticed = await asyncio.to_thread(laneway, "verify", "--database", str(database))
    assert unnoticed.exit_code == 0
    found = await asyncio.to_thread(laneway, "verify", "--database", str(database), *noted)
    assert found.exit_code == 1
    assert "entry 3 is missing: 2 is the last" in found.stdout


async def exported_by_asking(folder: Path) -> list[Result]:
    """What a server with three entries gives: the whole log, and what is behind the second."""
    async with running_server(folder) as server:
        for reason in REASONS:
            path = "/v1/lanes/shop/eu/testing/freeze"
            assert (await server.api.post(path, {"reason": reason}, who="ada")).status == 200
        call = ("export", "--server", server.api.url)
        return [await asyncio.to_thread(laneway, *call, *more) for more in ((), ("--after", "2"))]


async def test_a_servers_log_is_exported_by_asking_it(tmp_path: Path):
    with structlog.testing.capture_logs():  # or the log is on the command's standard output
        whole, beyond = await exported_by_asking(tmp_path)
    assert whole.exit_code == 0, whole.output
    lines = [msgspec.json.decode(line) for line in whole.stdout.splitlines()]
    assert [line["detail"]["reason"] for line in lines[:-1]] == [*REASONS]
    assert len(beyond.stdout.splitlines()) == 2
    file = tmp_path / "audit.jsonl"
    file.write_text(whole.stdout)
    assert laneway("verify", str(file)).exit_code == 0
    database = str(tmp_path / "laneway.db")
    stored = await asyncio.to_thread(laneway, "export", "--database", database)
    assert stored.stdout == whole.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "here.jsonl", "--database", "there.db"],
        ["verify", "not/there.jsonl"],
        ["verify", "here.jsonl", "--noted", "3"],
        ["verify", "here.jsonl", "--noted", "0:" + "0" * 64],
        ["export", "--database", "not/there.db"],
        ["export", "--database", "here.db", "--server", "http://127.0.0.1:1"],
        ["export", "--since", "yesterday"],
        ["export", "--after", "-1"],
    ],
)
def test_what_cannot_be_asked_is_a_matter_of_usage(arguments: list[str]):
    assert laneway(*arguments).exit_code == 2
