"""``evidence export``, ``evidence verify`` and ``key create``."""

import asyncio
import base64
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from typer.testing import CliRunner, Result

from laneway.core.digests import bytes_digest
from laneway.evidence.keys import public_path_of
from laneway.evidence.strict import encode
from laneway.ports.driver import ActionResult, Artifact
from laneway_server.cli.application import app
from tests.integration.cli.support import OPERATION, Speaker, run, speaking
from tests.integration.server.support import Laneway, laneway
from tests.support.bundles import KEY, archived, told_of, unpacked
from tests.unit.evidence.test_tampering import LOG, played

HEAD = "✓ verified: it is what the server wrote, signed by "


def command(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A server in this process must not log to what the command under test prints to."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def public(tmp_path: Path) -> Path:
    file = tmp_path / "server.pub"
    file.write_text(KEY.public.pem)
    return file


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return archived(told_of(played()), {bytes_digest(LOG): LOG}, tmp_path / "bundle.zip")


# --- verify --------------------------------------------------------------------------------------


def test_a_sound_bundle_is_told_check_by_check(bundle: Path, public: Path):
    result = command("evidence", "verify", str(bundle), "--key", str(public))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "op_1  Small on odoo/cm/prod",
        "✓ pass · small v1 · 14 events · made 2026-06-01 00:00:00 by Laneway 0.0.0",
        "",
        "  ✓ envelope     a DSSE envelope around an in-toto statement",
        f"  ✓ signature    signed by {KEY.keyid[:16]} ({public})",
        "  ✓ payload      JSON of which there is only one reading",
        "  ✓ statement    an in-toto statement v1 with evidence v1",
        "  ✓ subject      op_1, by the head of its events",
        "  ✓ chain        14 events, each sealed to the one before",
        "  ✓ head         event 14 is the last",
        "  ✓ plan         small v1 is what the operation was accepted under",
        "  ✓ transitions  the plan allowed each event when it happened",
        "  ✓ snapshot     the operation is as its events say",
        "  ✓ evidence     3 phases over, each with what the events say",
        "  ✓ artifacts    1 artifact, each with its bytes",
        "  ✓ end          the operation has ended: pass",
        "",
        f"{HEAD}{KEY.keyid[:16]} ({public})",
    ]


def changed(bundle: Path) -> None:
    """Another outcome of the change, under the signature of the true one."""
    with unpacked(bundle) as files:
        envelope = msgspec.json.decode(files["evidence.json"])
        said = msgspec.json.decode(base64.b64decode(envelope["payload"]))
        said["predicate"]["events"][11]["data"]["outcome"] = "fail\x1b[2J"
        envelope["payload"] = base64.b64encode(encode(said)).decode()
        files["evidence.json"] = encode(envelope)


def test_a_tampered_bundle_is_told_where_it_was_changed(bundle: Path, public: Path):
    changed(bundle)
    result = command("evidence", "verify", str(bundle), "--key", str(public))
    assert result.exit_code == 1
    told = result.stdout.splitlines()
    assert told[1].startswith("says pass · ")
    signer = f"{KEY.keyid[:16]} ({public})"
    assert told[4:6] == [
        f"  ✗ signature    the signature of {signer} is not of this payload: it was changed",
        "                 at envelope#/signatures/0",
    ]
    assert told[9:12] == [
        "  ✗ chain        event 12 (change): it was changed: its content has another hash",
        "                 at /predicate/events/11",
        "  – head         not looked at, because of the chain",
    ]
    assert told[-1] == "✗ not verified: 2 of 13 checks failed, 6 could not be made"
    assert "\x1b" not in result.stdout


def test_programs_get_every_check(bundle: Path, public: Path):
    changed(bundle)
    result = command("evidence", "verify", str(bundle), "--key", str(public), "--json")
    assert result.exit_code == 1
    document = msgspec.json.decode(result.stdout)
    assert document["verified"] is False
    assert document["about"]["operation"] == "op_1"
    chain = next(check for check in document["checks"] if check["name"] == "chain")
    assert chain["result"] == "failed"
    assert chain["found"] == [
        {
            "message": "it was changed: its content has another hash",
            "where": "/predicate/events/11",
            "seq": 12,
            "phase": "change",
        }
    ]


def test_without_a_key_it_is_not_verified_and_says_what_to_do(bundle: Path):
    result = command("evidence", "verify", str(bundle))
    assert result.exit_code == 1
    assert f"signed by {KEY.keyid[:16]}, which was not checked" in result.stdout
    told = result.stdout.splitlines()
    assert told[-4].endswith("nothing in it contradicts the rest, but nobody vouches for it")
    assert told[-3].endswith("--key FILE")
    assert told[-1].endswith("--no-key")


@pytest.mark.parametrize("option", ["--no-key", "--allow-unsigned"])
def test_the_signature_can_be_left_aside(bundle: Path, option: str):
    result = command("evidence", "verify", str(bundle), option)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "✓ nothing in it contradicts the rest; nobody vouches for the whole"
    )


def test_one_of_several_keys_is_enough(bundle: Path, public: Path, tmp_path: Path):
    assert command("key", "create", str(tmp_path / "new.key")).exit_code == 0
    other = str(tmp_path / "new.key.pub")
    both = ["--key", other, "--key", str(public)]
    assert command("evidence", "verify", str(bundle), *both).exit_code == 0
    result = command("evidence", "verify", str(bundle), "--key", other)
    assert result.exit_code == 1
    assert f"signed by {KEY.keyid[:16]}, and not by " in result.stdout


def test_what_cannot_be_read_or_asked_is_a_usage_error(bundle: Path, public: Path, tmp_path: Path):
    for arguments, told in (
        (["none.json"], "none.json cannot be read: No such file or directory"),
        ([str(bundle), "--key", "none.pub"], "none.pub cannot be read"),
        ([str(bundle), "--key", str(bundle)], "holds no public key in PEM"),
        ([str(bundle), "--key", str(public), "--no-key"], "say --key or --no-key, not both"),
    ):
        result = command("evidence", "verify", *arguments)
        assert result.exit_code == 2
        assert told in result.stderr


@pytest.mark.parametrize("content", [b"PK\x03\x04 and no more", b"hello", b""])
def test_a_file_that_is_no_bundle_is_not_verified(content: bytes, tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(content)
    result = command("evidence", "verify", str(file), "--no-key")
    assert result.exit_code == 1
    assert "✗ not verified: " in result.stdout
    assert command("evidence", "verify", str(file), "--no-key", "--json").exit_code == 1


def test_many_findings_of_one_check_are_cut_short(bundle: Path, public: Path):
    with unpacked(bundle) as files:
        files |= {f"stranger-{number:02}": b"" for number in range(12)}
    result = command("evidence", "verify", str(bundle), "--key", str(public))
    assert "'stranger-09' is no part of the bundle" in result.stdout
    assert "stranger-10" not in result.stdout
    assert "… and 2 more (--json has all)" in result.stdout


# --- key create ----------------------------------------------------------------------------------


def test_a_key_is_made_once(tmp_path: Path):
    path = tmp_path / "signing.key"
    result = command("key", "create", str(path), "--json")
    assert result.exit_code == 0
    made = msgspec.json.decode(result.stdout)
    assert made == {
        "keyid": made["keyid"],
        "private_key": str(path),
        "public_key": str(public_path_of(path)),
    }
    before = path.read_bytes()
    again = command("key", "create", str(path))
    assert again.exit_code == 1
    assert "is there already, and is not overwritten" in again.stderr
    assert path.read_bytes() == before


def test_what_to_do_with_a_key_is_said(tmp_path: Path):
    path = tmp_path / "signing.key"
    result = command("key", "create", str(path))
    assert f"laneway serve --evidence-key {path}" in result.stdout
    assert f"{path}.pub  for whoever verifies" in result.stdout


# --- export --------------------------------------------------------------------------------------


async def ended(server: Laneway) -> str:
    operation_id = await server.submitted()
    log = Artifact(name="run.log", media_type="text/plain", content=LOG)
    await server.action("prove").answer(ActionResult(outcome="pass"))
    await server.action("act").answer(ActionResult(outcome="pass", artifacts=(log,)))
    await server.finished(operation_id)
    return operation_id


def exists(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


async def test_export_writes_what_verify_verifies(
    tmp_path: Path, public: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with laneway(
        tmp_path, adapt=lambda services: dataclasses.replace(services, evidence_key=KEY)
    ) as server:
        operation_id = await ended(server)
        for option, ending in (([], "json"), (["--with-artifacts"], "zip")):
            name = f"{operation_id}.evidence.{ending}"
            result = await run(server.api.url, "evidence", "export", operation_id, *option)
            assert result.exit_code == 0, result.stderr
            assert result.stdout.splitlines() == [
                f"✓ {operation_id}: pass, 10 events",
                f"  {name}",
                *result.stdout.splitlines()[2:3],
                f"  signed by {KEY.keyid}",
                f"  laneway evidence verify {name} --key PUBLIC-KEY",
            ]
            verified = await asyncio.to_thread(
                command, "evidence", "verify", name, "--key", str(public)
            )
            assert verified.exit_code == 0
    assert exists(folder) == {f"{operation_id}.evidence.{each}" for each in ("json", "zip")}


async def test_export_goes_to_standard_output(tmp_path: Path):
    async with laneway(tmp_path) as server:
        operation_id = await ended(server)
        result = await run(server.api.url, "evidence", "export", operation_id, "-o", "-")
        assert msgspec.json.decode(result.stdout_bytes)["signatures"] == []


async def test_programs_are_told_what_was_written(tmp_path: Path):
    file = tmp_path / "out.json"
    async with laneway(tmp_path) as server:
        operation_id = await server.submitted()
        result = await run(
            server.api.url, "evidence", "export", operation_id, "-o", str(file), "--json"
        )
    made = msgspec.json.decode(result.stdout)
    assert made == {
        "operation": operation_id,
        "file": str(file),
        "sha256": bytes_digest(file.read_bytes()).removeprefix("sha256:"),
        "size": file.stat().st_size,
        "events": made["events"],
        "status": "running",
        "complete": False,
        "keyid": None,
    }


async def test_what_the_server_refuses_leaves_no_file(tmp_path: Path):
    file = tmp_path / "out.json"
    file.write_text("what was there before")
    async with laneway(tmp_path / "..") as server:
        result = await run(server.api.url, "evidence", "export", "op_0", "-o", str(file))
    assert result.exit_code == 1
    assert "(not_found)" in result.stderr
    assert file.read_text() == "what was there before"
    assert exists(tmp_path) == {"out.json"}


async def test_what_is_no_bundle_is_not_kept(tmp_path: Path):
    """Whatever else answers: a proxy's page, say."""
    file = tmp_path / "out.json"
    async with speaking() as speaker:
        result = await run(_lying(speaker), "evidence", "export", OPERATION, "-o", str(file))
    assert result.exit_code == 6
    assert "what the server sent is no evidence bundle" in result.stderr
    assert exists(tmp_path) == set()


def _lying(speaker: Speaker) -> Speaker:
    from aiohttp import web

    speaker.next(f"GET /v1/operations/{OPERATION}/evidence", web.json_response({"hello": "world"}))
    return speaker


async def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path):
    async with laneway(tmp_path) as server:
        operation_id = await server.submitted()
        none = str(tmp_path / "none" / "out.json")
        result = await run(server.api.url, "evidence", "export", operation_id, "-o", none)
    assert result.exit_code == 2
    assert f"{none} cannot be written: No such file" in result.stderr


async def test_a_database_gives_the_same_bundle_without_a_server(tmp_path: Path, public: Path):
    key = tmp_path / "signing.key"
    assert command("key", "create", str(key)).exit_code == 0
    async with laneway(tmp_path) as server:
        operation_id = await ended(server)
        online = (await server.api.get(f"/v1/operations/{operation_id}/evidence")).content
    file = tmp_path / "out.zip"

    def export(*options: str) -> Result:
        database = str(tmp_path / "laneway.db")
        return command(
            "evidence", "export", operation_id, "--database", database, "-o", str(file), *options
        )

    result = await asyncio.to_thread(export)
    assert result.exit_code == 0, result.stderr
    assert "not signed: there is no key" in result.stdout
    assert _said(file.read_bytes()) == _said(online)
    signed = await asyncio.to_thread(export, "--evidence-key", str(key), "--with-artifacts")
    assert signed.exit_code == 0, signed.stderr
    verified = command("evidence", "verify", str(file), "--key", f"{key}.pub")
    assert verified.exit_code == 0
    assert "1 artifact, each with its bytes" in verified.stdout
    missing = await asyncio.to_thread(export, "--evidence-key", "none.key")
    assert (missing.exit_code, "none.key cannot be read" in missing.stderr) == (2, True)


def _said(envelope: bytes) -> Any:
    """The statement, but for when it was made."""
    said = msgspec.json.decode(base64.b64decode(msgspec.json.decode(envelope)["payload"]))
    del said["predicate"]["exported_at"]
    return said


async def test_a_database_without_the_operation(tmp_path: Path):
    async with laneway(tmp_path):
        pass
    database = str(tmp_path / "laneway.db")
    result = await asyncio.to_thread(command, "evidence", "export", "op_0", "--database", database)
    assert result.exit_code == 1
    assert "the database has no operation op_0" in result.stderr
