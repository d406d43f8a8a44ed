"""Artifacts that are too large: cut or left out, said so in plain words, and never in the way."""

from typing import Any

import pytest

from laneway.core.digests import bytes_digest
from laneway.core.model import Lane
from laneway.core.run import PhaseStatus, Status
from laneway.ports.driver import ActionResult, Artifact
from laneway.runtime.artifacts import EVIDENCE, ArtifactLimits
from tests.support.engines import LANE, PASS, World, ended, until

ELSEWHERE = Lane("odoo", "cm", "elsewhere")
LOG = b"\n".join(b"line %06d" % number for number in range(1_000))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "laneway.db")


def artifact(content: bytes, name: str = "run.log", media_type: str = "text/plain") -> Artifact:
    return Artifact(name=name, media_type=media_type, content=content)


async def left_behind(
    world: World, limits: ArtifactLimits, *artifacts: Artifact, lane: Lane = LANE
) -> tuple[Any, list[bytes | None]]:
    """The phase that destroys, once it has left these behind; and what is stored of them."""
    async with world.engine(artifact_limits=limits) as engine:
        operation_id = (await world.submit(engine, lane)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        result = ActionResult(outcome="pass", evidence={"rows": 3}, artifacts=artifacts)
        await world.actions.by_id["x.destroy"].answer(result)
        over = await until(engine, operation_id, lambda o: o.run.place == "verify")
        phase = over.run.phase("destroy")
        stored = [await engine.store.artifact(ref.digest) for ref in phase.artifacts]
        for _ in range(2):
            await world.actions.by_id["x.check"].answer(PASS)
        assert (await ended(engine, operation_id)).run.status is Status.PASS
    assert phase.status is PhaseStatus.PASS
    assert [ref.size for ref in phase.artifacts] == [len(content or b"") for content in stored]
    assert [ref.digest for ref in phase.artifacts] == [bytes_digest(c or b"") for c in stored]
    return phase, stored


async def test_what_fits_is_kept_whole_and_nothing_is_said(world):
    limits = ArtifactLimits(artifact=len(LOG), operation=len(LOG) + 1, store=len(LOG) + 1)
    phase, stored = await left_behind(world, limits, artifact(LOG), artifact(b"x", "x.bin"))
    assert stored == [LOG, b"x"]
    assert phase.evidence == {"rows": 3}


async def test_a_text_that_is_too_large_keeps_its_beginning_and_its_end(world):
    phase, (kept,) = await left_behind(world, ArtifactLimits(artifact=2_000), artifact(LOG))
    assert kept is not None
    assert len(kept) <= 2_000
    assert kept.startswith(b"line 000000\n")
    assert kept.endswith(b"\nline 000999")
    assert b"the middle was left out" in kept
    cut = {
        "name": "run.log",
        "size": len(LOG),
        "kept": len(kept),
        "because": "cut: an artifact may have 2000 bytes",
    }
    assert phase.evidence == {"rows": 3, EVIDENCE: [cut]}


@pytest.mark.parametrize("pad", range(4))
async def test_a_cut_is_not_inside_a_character(world, pad):
    text = "x" * pad + "läuft ✓ 🚀 " * 500
    _, (kept,) = await left_behind(world, ArtifactLimits(artifact=2_000), artifact(text.encode()))
    assert kept is not None
    begin, _, end = kept.decode().partition("[")
    assert text.startswith(begin.rstrip("\n"))
    assert text.endswith(end.rpartition("]")[2].lstrip("\n"))


async def test_what_is_no_text_is_left_out_rather_than_cut(world):
    image = artifact(b"\x89PNG" * 1_000, "logo.png", "image/png")
    phase, stored = await left_behind(world, ArtifactLimits(artifact=2_000), image, artifact(b"x"))
    assert stored == [b"x"]
    assert phase.evidence[EVIDENCE] == [
        {
            "name": "logo.png",
            "size": 4_000,
            "kept": 0,
            "because": "left out: an artifact may have 2000 bytes",
        }
    ]


async def test_an_operation_has_a_limit_too(world):
    limits = ArtifactLimits(operation=len(LOG) + 500)
    second = artifact(LOG[::-1], "second.log")
    phase, stored = await left_behind(world, limits, artifact(LOG), second)
    assert stored == [LOG]
    (cut,) = phase.evidence[EVIDENCE]
    assert (cut["name"], cut["kept"]) == ("second.log", 0)
    assert cut["because"].startswith("left out: the artifacts of an operation may have")


async def test_the_quota_is_over_all_operations(world):
    limits = ArtifactLimits(store=len(LOG) + 1_500)
    _, stored = await left_behind(world, limits, artifact(LOG))
    assert stored == [LOG]
    phase, (kept,) = await left_behind(world, limits, artifact(LOG[::-1]), lane=ELSEWHERE)
    assert kept is not None
    assert len(kept) <= 1_500
    assert phase.evidence[EVIDENCE][0]["because"].startswith("cut: all artifacts may have")


async def test_what_is_stored_already_needs_no_more_room(world):
    limits = ArtifactLimits(store=len(LOG) + 10)
    for lane in (LANE, ELSEWHERE):
        phase, stored = await left_behind(world, limits, artifact(LOG), lane=lane)
        assert stored == [LOG]
        assert EVIDENCE not in phase.evidence


async def test_a_secret_is_taken_out_before_the_cut(world, monkeypatch):
    monkeypatch.setenv("PANEL_KEY", "s3cret" * 10)
    limits = ArtifactLimits(artifact=1_024)
    async with world.engine(artifact_limits=limits) as engine:
        operation_id = (await world.submit(engine)).operation.run.id
        await world.actions.by_id["x.prove"].answer(PASS)
        (await world.actions.by_id["x.destroy"].called()).secret("env:PANEL_KEY")
        full = artifact(("s3cret" * 10 + "\n").encode() * 200)
        await world.actions.by_id["x.destroy"].answer(
            ActionResult(outcome="pass", artifacts=(full,))
        )
        over = await until(engine, operation_id, lambda o: o.run.place == "verify")
        (ref,) = over.run.phase("destroy").artifacts
        content = await engine.store.artifact(ref.digest)
    assert content is not None
    assert b"s3" not in content
