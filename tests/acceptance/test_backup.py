"""Backups as the documentation describes them: what was acknowledged is there after the restore."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from laneway.core import chain
from laneway.ports.store import OperationFilter
from laneway.stores.sqlite.store import SqliteStore
from tests.acceptance.processes import LANEWAY, PATIENCE, Client, laneway

ROOT = Path(__file__).parents[2]
LITESTREAM = Path(sys.executable).with_name("litestream")
WRITER = ROOT / "tests" / "integration" / "store" / "crash_child.py"


async def run(*command: str | Path) -> str:
    """Run a command to its end; what it said."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_backup_of_a_running_server_is_a_server_again(tmp_path):
    copy = tmp_path / "elsewhere" / "laneway.db"
    copy.parent.mkdir()
    async with laneway(tmp_path) as (server, _):
        await (await server.start()).ready()
        client = Client(server)
        operation = (await client.submit("run-1"))[1]["id"]
        assert await client.follow(operation)
        told = await run(LANEWAY, "db", "backup", copy, "--database", server.database)
        assert "1 operations" in told
        await client.submit("run-2", supersedes=operation)
        await server.kill()
        assert "every chain verifies" in await run(LANEWAY, "db", "check", "--database", copy)
        for file in tmp_path.glob("laneway.db*"):
            file.rename(file.with_name("lost-" + file.name))
        copy.rename(server.database)
        await (await server.start()).ready()
        events = (await client.get(f"/v1/operations/{operation}/events?limit=1000"))["events"]
        assert events == client.seen[operation]
        status, again = await client.submit("run-1")
        assert (status, again["id"], again["status"]) == (200, operation, "pass")


# --- Litestream ----------------------------------------------------------------------------------


def documented(tmp_path: Path) -> Path:
    """The configuration of docs/backup.md, for this folder."""
    page = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```yaml\n# litestream.yml\n(.*?)```", page, re.DOTALL)
    config = config.replace("/var/lib/laneway", str(tmp_path))
    file = tmp_path / "litestream.yml"
    file.write_text(config.replace("/var/backups/laneway", str(tmp_path)))
    return file


@contextlib.asynccontextmanager
async def started(*command: str | Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that says lines on its standard output, and is gone at the end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        limit=2**20,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    """Return when a process has said something."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, f"it ended before it said {words!r}"


async def acknowledge(
    writer: asyncio.subprocess.Process, lines: int, known: dict[str, int]
) -> None:
    """Return when the writer was told that so many commits are on disk."""
    assert writer.stdout is not None
    async with asyncio.timeout(PATIENCE):
        for _ in range(lines):
            name, seq = (await writer.stdout.readline()).decode().split()
            known[name] = int(seq)


async def held(database: Path) -> dict[str, int]:
    """Every operation's seq, once its chain was verified."""
    store = await SqliteStore.open(database)
    found: dict[str, int] = {}
    for row in await store.operations(OperationFilter(), 1_000_000):
        assert chain.verify(await store.events(row.id)) == row.head
        found[row.id] = row.seq
    await store.close()
    return found


@pytest.mark.parametrize("runs_on", [True, False])
async def test_litestream_brings_back_everything_acknowledged(tmp_path, runs_on):
    config, database = documented(tmp_path), tmp_path / "laneway.db"
    writer = (sys.executable, WRITER, database, "external")
    replicate = (LITESTREAM, "replicate", "-config", config)
    known: dict[str, int] = {}
    async with started(*writer) as first:
        await acknowledge(first, 50, known)
        async with started(*replicate) as replicator:
            await said(replicator, "snapshot complete")
            await acknowledge(first, 300, known)
        await acknowledge(first, 100, known)
    # Both have died by SIGKILL, the writer in mid-commit.
    if runs_on:
        async with started(*replicate):
            async with started(*writer) as second:
                await acknowledge(second, 300, known)
            restored = await restored_with(known, config, database)
    else:
        async with started(*writer) as second:
            await acknowledge(second, 300, known)
        await run(*replicate, "-once")
        restored = await restored_with(known, config, database)
    assert lost(known, await held(restored)) == set()
    assert lost(known, await held(database)) == set()
    assert len(known) > 20


async def restored_with(known: dict[str, int], config: Path, database: Path) -> Path:
    """What is restored, as soon as it has all that was acknowledged: it is sent by and by."""
    restored = database.with_name("restored.db")
    async with asyncio.timeout(PATIENCE):
        while True:
            await run(LITESTREAM, "restore", "-config", config, "-o", restored, database)
            if not lost(known, await held(restored)):
                return restored
            for file in restored.parent.glob("restored.db*"):
                file.unlink()


def lost(known: dict[str, int], found: dict[str, int]) -> set[str]:
    """What was acknowledged and is not there."""
    return {name for name, seq in known.items() if found.get(name, 0) < seq}
