"""What docs/audit.md says of the audit log is so."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from laneway.testing.store_promises_access import note_of
from laneway_server.bootstrap import opened_store
from laneway_server.cli.application import app
from laneway_server.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
(SNIPPET,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
async def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    database = tmp_path / "laneway.db"
    async with opened_store(database, migrate=True) as store:
        for act in ("freezeLane", "unfreezeLane", "signIn"):
            await store.audit.record(note_of(act))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "audit.jsonl"


def test_an_export_verifies_without_laneway(export: Path):
    result = CliRunner().invoke(app, ["audit", "export", "--database", "laneway.db"])
    export.write_text(result.stdout, encoding="utf-8")
    exec(SNIPPET, {})
    export.write_text(result.stdout.replace("unfreezeLane", "freezeLane"), encoding="utf-8")
    with pytest.raises(AssertionError, match="2 was changed"):
        exec(SNIPPET, {})


def test_the_settings_it_names_have_the_defaults_it_gives():
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", PAGE, re.MULTILINE)
    said = {
        name: value
        for names, values in rows
        for name, value in zip(re.findall(r"`(\w+)`", names), values.split(", "), strict=True)
    }
    assert len(said) == 8
    for name, value in said.items():
        default = getattr(Settings(), name)
        assert str(default) == value or default is None, name
