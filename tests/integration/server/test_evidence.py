"""The evidence bundle over HTTP: as the operation is, signed, and with its artifacts."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

import laneway as package
from laneway.core.run import Status
from laneway.evidence.archive import opened
from laneway.evidence.envelope import unseal
from laneway.evidence.keys import create, load_public_key
from laneway.evidence.report import Report
from laneway.evidence.verify import verify
from laneway.ports.driver import ActionResult, Artifact
from laneway_server import bootstrap
from laneway_server.config import load
from laneway_server.service import StartupFailed
from tests.integration.server.support import PASS, Api, Laneway, lane, laneway
from tests.support.bundles import KEY, read, wrong

LOG = Artifact(name="run.log", media_type="text/plain; charset=utf-8", content="fertig ✓".encode())


@pytest.fixture
async def signing(tmp_path: Path) -> AsyncIterator[Laneway]:
    """A server with a key."""
    async with laneway(
        tmp_path, adapt=lambda services: dataclasses.replace(services, evidence_key=KEY)
    ) as running:
        yield running


async def ended(server: Laneway, *, key: str = "k1", **changes: Any) -> str:
    """An operation that passed, and left two equal logs behind."""
    operation_id = await server.submitted(key=key, **changes)
    await server.action("prove").answer(ActionResult(outcome="pass", artifacts=(LOG,)))
    await server.action("act").answer(ActionResult(outcome="pass", artifacts=(LOG,)))
    await server.finished(operation_id)
    return operation_id


def looked_at(content: bytes, folder: Path, *, unsigned: bool = False) -> Report:
    file = folder / "bundle"
    file.write_bytes(content)
    with opened(file) as bundle:
        return verify(bundle, [] if unsigned else [KEY.public], unsigned=unsigned)


def said(content: bytes) -> Any:
    return msgspec.json.decode(unseal(content).payload)["predicate"]


async def test_what_the_server_signs_verifies(signing: Laneway, tmp_path: Path):
    operation_id = await ended(signing)
    answer = await signing.api.get(f"/v1/operations/{operation_id}/evidence")
    assert answer.headers["Content-Type"].startswith("application/json")
    name = f'attachment; filename="{operation_id}.evidence.json"'
    assert answer.headers["Content-Disposition"] == name
    report = looked_at(answer.content, tmp_path)
    assert wrong(report) == []
    assert said(answer.content)["laneway"] == package.__version__


async def test_it_says_of_the_operation_what_the_api_says(signing: Laneway):
    """But for what is only so on a server: links, and the place in a queue."""
    operation_id = await ended(signing)
    shown = (await signing.api.get(f"/v1/operations/{operation_id}")).json
    events = (await signing.api.get(f"/v1/operations/{operation_id}/events")).json["events"]
    bundle = said((await signing.api.get(f"/v1/operations/{operation_id}/evidence")).content)
    assert bundle["events"] == events
    for name, value in bundle["operation"].items():
        if name != "phases":
            assert value == shown[name], name
    for mine, theirs in zip(bundle["operation"]["phases"], shown["phases"], strict=True):
        for each in theirs.get("artifacts", ()):
            del each["link"]
        assert mine.items() <= theirs.items()


@pytest.mark.parametrize("asked", [{"query": "?artifacts=true"}, {"Accept": "application/zip"}])
async def test_with_artifacts_it_is_a_zip(signing: Laneway, tmp_path: Path, asked: dict[str, str]):
    operation_id = await ended(signing)
    headers = {name: value for name, value in asked.items() if name != "query"}
    path = f"/v1/operations/{operation_id}/evidence{asked.get('query', '')}"
    answer = await signing.api.call("GET", path, headers=headers)
    assert answer.headers["Content-Type"] == "application/zip"
    name = f'attachment; filename="{operation_id}.evidence.zip"'
    assert answer.headers["Content-Disposition"] == name
    report = looked_at(answer.content, tmp_path)
    assert wrong(report) == []
    assert report.check("artifacts").message == "2 artifacts, each with its bytes"
    assert answer.content.count(LOG.content) == 1  # equal bytes are there once


async def test_the_same_operation_gives_the_same_bytes(signing: Laneway):
    path = f"/v1/operations/{await ended(signing)}/evidence"
    for query in ("", "?artifacts=true"):
        first, second = await signing.api.get(path + query), await signing.api.get(path + query)
        assert first.content == second.content


async def test_running_pending_and_failed_operations_have_one(signing: Laneway, tmp_path: Path):
    failed = await signing.submitted(key="k1", lane=lane("prod"))
    await signing.action("prove").answer(ActionResult(outcome="fail"))
    await signing.finished(failed)
    running = await signing.submitted(key="k2")
    pending = await signing.submitted(key="k3", when_busy="queue")
    waiting = await signing.submitted(key="k4", plan="gate", lane=lane("1"))
    await signing.until(waiting, lambda run: run.status is Status.WAITING)
    for operation_id, status in (
        (failed, "fail"),
        (running, "running"),
        (pending, "pending"),
        (waiting, "waiting"),
    ):
        answer = await signing.api.get(f"/v1/operations/{operation_id}/evidence")
        assert wrong(looked_at(answer.content, tmp_path)) == []
        bundle = said(answer.content)
        assert bundle["operation"]["status"] == status
        assert bundle["complete"] is (status == "fail")


async def test_it_is_of_one_moment_while_the_operation_goes_on(signing: Laneway, tmp_path: Path):
    operation_id = await signing.submitted()
    path = f"/v1/operations/{operation_id}/evidence"
    signing.action("prove").automatic = lambda _: PASS
    signing.action("act").automatic = lambda _: PASS
    answers = await asyncio.gather(*(signing.api.get(path) for _ in range(12)))
    for answer in answers:
        assert wrong(looked_at(answer.content, tmp_path)) == []


async def test_without_a_key_it_is_not_signed(server: Laneway, api: Api, tmp_path: Path):
    answer = await api.get(f"/v1/operations/{await ended(server)}/evidence")
    assert answer.json["signatures"] == []
    report = looked_at(answer.content, tmp_path)
    assert wrong(report) == ["signature: nobody has signed it"]
    assert looked_at(answer.content, tmp_path, unsigned=True).verified


async def test_there_is_none_of_an_operation_that_is_not_there(api: Api):
    answer = await api.get("/v1/operations/op_0/evidence")
    assert (answer.status, answer.code) == (404, "not_found")


async def test_a_query_that_is_none(server: Laneway, api: Api):
    answer = await api.get(f"/v1/operations/{await server.submitted()}/evidence?artifacts=maybe")
    assert (answer.status, answer.code) == (422, "request_invalid")


# --- the key -------------------------------------------------------------------------------------


async def test_anybody_may_have_the_public_key(signing: Laneway):
    answer = await signing.api.get("/v1/evidence-key", Authorization="Bearer not/a/name")
    assert answer.json == {
        "keyid": KEY.keyid,
        "algorithm": "ed25519",
        "public_key": KEY.public.pem,
    }
    assert "PRIVATE" not in answer.content.decode()


async def test_a_server_without_a_key_says_so(api: Api):
    answer = await api.get("/v1/evidence-key")
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.json["detail"].startswith("this server has no key")


def settings(tmp_path: Path, key: Path) -> Any:
    environ = {"LANEWAY_EVIDENCE_KEY": str(key), "LANEWAY_DEMO": "true"}
    flags = {"listen": "127.0.0.1:0", "database": tmp_path / "laneway.db"}
    return load(environ=environ, flags=flags)


def written_to(folder: Path, text: bytes) -> list[str]:
    """The files of a folder that hold a text."""
    return [file.name for file in folder.iterdir() if text in file.read_bytes()]


def unkeyed(tmp_path: Path, **flags: Any) -> Any:
    """Settings without a key."""
    if not flags.get("demo"):
        (tmp_path / "targets.yaml").write_text("targets: []\n")
        flags["targets"] = str(tmp_path / "targets.yaml")
    where = {"listen": "127.0.0.1:0", "database": str(tmp_path / "laneway.db")}
    return load(flags={**where, **flags})


async def test_a_server_is_given_its_key_by_a_setting(tmp_path: Path):
    made = create(tmp_path / "signing.key")
    async with bootstrap.build(settings(tmp_path, tmp_path / "signing.key")) as serving:
        assert serving.services.evidence_key is not None
        assert serving.services.evidence_key.keyid == made.keyid


DEMO_SUBMISSION = {
    "plan": "odoo-stable-bootstrap",
    "lane": {"product": "odoo", "context": "cm", "instance": "testing"},
    "request": {"confirmation": "one that is refused"},
}


async def test_a_demo_without_a_key_signs_with_one_of_its_own(tmp_path: Path):
    async with (
        bootstrap.build(unkeyed(tmp_path, demo=True)) as serving,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, serving.url)
        told = (await api.get("/v1/evidence-key")).json
        path = f"/v1/operations/{(await api.submit(DEMO_SUBMISSION)).json['id']}/evidence"
        bundle = (await api.get(path)).content
        report = (await api.get(f"{path}/verification")).json
    assert told["name"] == bootstrap.DEMO_KEY
    assert (report["verified"], report["keyid"]) == (True, told["keyid"])
    assert report["summary"].endswith(f"signed by {told['keyid'][:16]} ({bootstrap.DEMO_KEY})")
    (tmp_path / "demo.pub").write_text(told["public_key"])
    (tmp_path / "bundle.json").write_bytes(bundle)
    assert read(tmp_path / "bundle.json", load_public_key(tmp_path / "demo.pub")).verified


async def test_a_demos_own_key_is_another_at_each_start_and_in_no_file(tmp_path: Path):
    keyids = []
    for _ in range(2):
        async with bootstrap.build(unkeyed(tmp_path, demo=True)) as serving:
            assert serving.services.evidence_key is not None
            keyids.append(serving.services.evidence_key.keyid)
    assert keyids[0] != keyids[1]
    assert written_to(tmp_path, b"PRIVATE KEY") == []


async def test_what_is_no_demo_makes_no_key_of_its_own(tmp_path: Path):
    async with bootstrap.build(unkeyed(tmp_path, open_access=True)) as serving:
        assert serving.services.evidence_key is None


def test_a_server_does_not_start_without_the_key_that_it_was_given(tmp_path: Path):
    missing = tmp_path / "signing.key"
    with pytest.raises(StartupFailed, match=r"evidence_key: .* cannot be read"):
        bootstrap.build(settings(tmp_path, missing))


def test_a_keys_path_in_a_file_is_relative_to_that_file(tmp_path: Path):
    file = tmp_path / "laneway.yaml"
    file.write_text("demo: true\nevidence_key: keys/signing.key\n")
    assert load(file).evidence_key == str(tmp_path / "keys" / "signing.key")
