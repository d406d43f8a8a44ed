"""Ways of tampering with a bundle: each is found, and named at the place where it was done."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from laneway.core import inputs
from laneway.core.compile import DIGEST_DOMAIN
from laneway.core.digests import bytes_digest, digest
from laneway.core.events import ArtifactRef
from laneway.evidence.archive import EVIDENCE
from laneway.evidence.envelope import seal
from laneway.evidence.strict import encode
from tests.support.bundles import (
    KEY,
    OTHER,
    Document,
    archived,
    forged,
    read,
    told_of,
    unpacked,
    wrong,
)
from tests.support.play import Player, play
from tests.support.small import plan

LOG = b"it was changed\n"
LOG_FILE = "artifacts/" + bytes_digest(LOG).replace(":", "-")


def played() -> Player:
    """On prod, so it was approved; the change left a log behind."""
    player = play(plan(), "prod").go_to("ask")
    player.decide_on("ask", "approve")
    log = ArtifactRef("run.log", "text/plain", len(LOG), bytes_digest(LOG))
    finished = inputs.AttemptFinished(
        player.driver("change"),
        phase="change",
        token=player.run.phase("change").token,
        outcome="pass",
        evidence={"rows": 3, "share": 2.0},
        artifacts=(log,),
    )
    player.tell(finished)
    assert player.run.status == "pass"
    return player


class Tampering(NamedTuple):
    """What somebody did to a bundle, and what must be said of it.

    Attributes:
        does: changes the statement, or gives the bytes of another payload.
        says: the checks that fail, each with what it says, and where.
        forged: the hashes of the events are made to fit again, and nothing is signed.
    """

    name: str
    does: Callable[[Document], Any]
    says: list[str]
    where: str
    forged: bool = False


def event(said: Document, kind: str, phase: str | None = None) -> Document:
    """The first event of a type (and phase)."""
    found: Document = next(
        e
        for e in said["predicate"]["events"]
        if e["type"] == kind and phase in (None, e.get("phase"))
    )
    return found


def without(said: Document, place: slice) -> None:
    del said["predicate"]["events"][place]


def set_to(*path: str | int, value: Any) -> Callable[[Document], None]:
    def change(said: Document) -> None:
        holder: Any = said["predicate"]
        for step in path[:-1]:
            holder = holder[step]
        assert holder[path[-1]] != value
        holder[path[-1]] = value

    return change


def data(kind: str, phase: str | None, **changes: Any) -> Callable[[Document], None]:
    def change(said: Document) -> None:
        found = event(said, kind, phase)["data"]
        assert {name: found.get(name) for name in changes} != changes
        found |= changes

    return change


def swap_events(said: Document) -> None:
    events = said["predicate"]["events"]
    events[4], events[5] = events[5], events[4]


def cut_tail(said: Document) -> None:
    """Take the end away, and let the operation look as if it were still at work."""
    without(said, slice(-3, None))
    said["predicate"]["operation"] |= {"status": "running", "finished_at": None}
    said["predicate"]["complete"] = False


def cut_in_mid_step(said: Document) -> None:
    without(said, slice(-2, None))


def skip_approval(said: Document) -> None:
    """Go from the proof straight to the change, as on an instance that asks nobody."""
    without(said, slice(6, 10))
    said["predicate"]["events"][5]["data"]["target"] = "change"


def approve_by_oneself(said: Document) -> None:
    decided = event(said, "approval_decided")
    decided["actor"] = decided["data"]["by"] = said["predicate"]["operation"]["requested_by"]


def loosen_plan(said: Document) -> None:
    said["predicate"]["plan"]["document"]["phases"]["look"]["on"]["pass"] = "change"


def loosen_plan_with_its_digest(said: Document) -> None:
    loosen_plan(said)
    pinned = said["predicate"]["plan"]
    pinned["digest"] = digest(DIGEST_DOMAIN, pinned["document"])


def loosen_plan_everywhere(said: Document) -> None:
    """Also where the operation says what it was accepted under, and what was approved."""
    loosen_plan_with_its_digest(said)
    changed = said["predicate"]["plan"]["digest"]
    event(said, "operation_accepted")["data"]["plan_digest"] = changed
    said["predicate"]["operation"]["plan"]["digest"] = changed


def key_twice(said: Document) -> bytes:
    return encode(said).replace(b'"status":"pass"', b'"status":"fail","status":"pass"', 1)


def other_json(said: Document) -> bytes:
    return msgspec.json.format(encode(said), indent=1)


TAMPERINGS = [
    Tampering(
        "changed data of an event",
        data("phase_finished", "change", outcome="fail"),
        ["chain: event 12 (change): it was changed: its content has another hash"],
        "/predicate/events/11",
    ),
    Tampering(
        "changed time of an event",
        set_to("events", 3, "at", value="2026-01-01T00:00:09.000Z"),
        ["chain: event 4 (look): it was changed: its content has another hash"],
        "/predicate/events/3",
    ),
    Tampering(
        "something added to an event",
        data("phase_finished", "change", blame="eve"),
        ["chain: event 12 (change): it was changed: its content has another hash"],
        "/predicate/events/11",
    ),
    Tampering(
        "an event removed in the middle",
        lambda said: without(said, slice(8, 9)),
        ["chain: event 10: event 9 is missing before it"],
        "/predicate/events/8/seq",
    ),
    Tampering(
        "the tail cut off, and the snapshot made to fit",
        cut_tail,
        ["head: event 11: the events end with 11, and 14 was the last: some are missing"],
        "/predicate/head/seq",
    ),
    Tampering(
        "events swapped",
        swap_events,
        [
            "chain: event 6: event 5 is missing before it",
            "chain: event 5 (look): event 7 is missing before it",
            "chain: event 7 (ask): event 6 is missing before it",
        ],
        "/predicate/events/4/seq",
    ),
    Tampering(
        "a forged transition",
        skip_approval,
        ["transitions: event 6: on 'outcome:pass' the plan leads from look to ask, not to change"],
        "/predicate/events/5/data/target",
        forged=True,
    ),
    Tampering(
        "an approval taken out of a forged story",
        lambda said: without(said, slice(7, 8)),
        [
            "transitions: event 8 (ask): 0 of 1 had approved, so it is not approved",
            "transitions: event 8 (ask): others had approved it",
            "transitions: event 10 (change): change begins, and ask does not stand",
        ],
        "/predicate/events/7/data/outcome",
        forged=True,
    ),
    Tampering(
        "the tail cut off within a step, and the hashes made to fit",
        cut_in_mid_step,
        ["transitions: event 12 (change): nothing is under way after it: events after it are "],
        "/predicate/events/11",
        forged=True,
    ),
    Tampering(
        "a changed plan",
        loosen_plan,
        ["plan: the plan was changed: it has another digest"],
        "/predicate/plan/document",
    ),
    Tampering(
        "a changed plan with its digest",
        loosen_plan_with_its_digest,
        ["plan: event 1: the operation was accepted under another plan: "],
        "/predicate/plan/digest",
    ),
    Tampering(
        "a changed plan with every digest and every hash",
        loosen_plan_everywhere,
        [
            "transitions: event 6: on 'outcome:pass' the plan leads from look to change, not to ",
            "transitions: event 7 (ask): it covers something else than what was so",
        ],
        "/predicate/events/5/data/target",
        forged=True,
    ),
    Tampering(
        "what a driver declares made harmless",
        set_to("plan", "actions", "w.change", "safety", value="read"),
        ["plan: what the drivers declared was changed"],
        "/predicate/plan/actions",
    ),
    Tampering(
        "a changed status",
        set_to("operation", "status", value="fail"),
        ['snapshot: status is "fail", and must be "pass"'],
        "/predicate/operation/status",
    ),
    Tampering(
        "a phase's evidence changed in the snapshot",
        set_to("operation", "phases", 2, "evidence", "rows", value=4),
        ["snapshot: change: rows is 4, and must be 3"],
        "/predicate/operation/phases/2/evidence/rows",
    ),
    Tampering(
        "a number in it of another kind",
        set_to("operation", "phases", 2, "evidence", "share", value=True),
        ["snapshot: change: share is true, and must be 2.0"],
        "/predicate/operation/phases/2/evidence/share",
    ),
    Tampering(
        "a phase's evidence changed",
        set_to("evidence", 2, "evidence", "rows", value=4),
        ["evidence: event 12 (change): rows is 4, and must be 3"],
        "/predicate/evidence/2/evidence/rows",
    ),
    Tampering(
        "an artifact left out of the list",
        lambda said: said["predicate"]["artifacts"].clear(),
        [
            "artifacts: it has 0 items, and must have 1",
            f"artifacts: '{LOG_FILE}' is no part of the bundle",
        ],
        "/predicate/artifacts",
    ),
    Tampering(
        "a rejection made an approval",
        data("approval_decided", "ask", decision="reject"),
        ["chain: event 8 (ask): it was changed: its content has another hash"],
        "/predicate/events/7",
    ),
    Tampering(
        "a rejection made an approval, and the hashes made to fit",
        data("approval_decided", "ask", decision="reject"),
        [
            "transitions: event 9 (ask): 0 of 1 had approved, so it is not approved",
            "transitions: event 9 (ask): somebody had rejected it",
            "transitions: event 9 (ask): others had approved it",
            "transitions: event 11 (change): change begins, and ask does not stand",
        ],
        "/predicate/events/8/data/outcome",
        forged=True,
    ),
    Tampering(
        "an approval by who had asked for the operation",
        approve_by_oneself,
        [
            "transitions: event 8 (ask): the plan does not let them decide: who requests ",
            "transitions: event 9 (ask): others had approved it",
        ],
        "/predicate/events/7/data/by",
        forged=True,
    ),
    Tampering(
        "another subject",
        lambda said: said["subject"][0].update(name="op_2"),
        ["subject: it is about op_2, and not op_1"],
        "/subject/0/name",
    ),
    Tampering(
        "an end where there was none",
        set_to("complete", value=False),
        ["end: by its events the operation has ended"],
        "/predicate/complete",
    ),
    Tampering(
        "a key that is there twice",
        key_twice,
        ["payload: the key 'status' is there twice"],
        "/predicate/operation/status",
    ),
    Tampering(
        "another way to write it",
        other_json,
        ["payload: it is not written as Laneway writes JSON: something else made it"],
        "",
    ),
    Tampering(
        "something more",
        lambda said: said["predicate"].update(note="trust me"),
        ["statement: it has not the form of evidence v1: Object contains unknown field `note`"],
        "/predicate",
    ),
]
FORGED = [tampering for tampering in TAMPERINGS if tampering.forged]


def tampered(tampering: Tampering) -> bytes:
    """The payload after somebody was at it."""
    said = told_of(played())
    payload = tampering.does(said)
    if isinstance(payload, bytes):
        return payload
    return encode(forged(said) if tampering.forged else said)


def check_found(found: list[str], expected: list[str]) -> None:
    assert len(found) == len(expected), found
    for line, begins in zip(found, expected, strict=True):
        assert line.startswith(begins), line


def test_what_nobody_touched_verifies(tmp_path: Path):
    file = archived(told_of(played()), {bytes_digest(LOG): LOG}, tmp_path / "bundle.zip")
    report = read(file, KEY.public)
    assert wrong(report) == []
    assert report.verified


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.name)
def test_it_is_found_and_named_also_where_nobody_signed(tampering: Tampering, tmp_path: Path):
    file = tmp_path / "bundle.zip"
    archived(told_of(played()), {bytes_digest(LOG): LOG}, file)
    with unpacked(file) as files:
        files[EVIDENCE] = seal(tampered(tampering), None)
    report = read(file, unsigned=True)
    check_found(wrong(report), tampering.says)
    first = next(found for check in report.checks for found in check.found)
    assert first.where == tampering.where
    assert not report.verified


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda each: each.name)
def test_the_signature_shows_it_as_well(tampering: Tampering, tmp_path: Path):
    """A payload put under the signature of another one."""
    file = archived(told_of(played()), {bytes_digest(LOG): LOG}, tmp_path / "bundle.zip")
    with unpacked(file) as files:
        envelope = msgspec.json.decode(files[EVIDENCE])
        envelope["payload"] = base64.b64encode(tampered(tampering)).decode()
        files[EVIDENCE] = encode(envelope)
    report = read(file, KEY.public)
    signature, *others = wrong(report)
    assert signature.startswith("signature: the signature of ")
    assert signature.endswith(" is not of this payload: it was changed")
    check_found(others, tampering.says)


@pytest.mark.parametrize("tampering", FORGED, ids=lambda each: each.name)
def test_a_forger_cannot_sign_as_the_server(tampering: Tampering, tmp_path: Path):
    file = tmp_path / "bundle.json"
    file.write_bytes(seal(tampered(tampering), OTHER))
    signature, *others = wrong(read(file, KEY.public))
    assert signature == (f"signature: signed by {OTHER.keyid[:16]}, and not by {KEY.keyid[:16]}")
    check_found(others, tampering.says)


# --- what lies around the statement --------------------------------------------------------------


def no_signature(envelope: Document) -> None:
    envelope["signatures"] = []


def other_name(envelope: Document) -> None:
    envelope["signatures"][0]["keyid"] = OTHER.keyid


def name_of_known_key(envelope: Document) -> None:
    """A signature by another key, under the name of the key that is believed."""
    forged = msgspec.json.decode(seal(base64.b64decode(envelope["payload"]), OTHER))
    envelope["signatures"] = [{**forged["signatures"][0], "keyid": KEY.keyid}]


def other_type(envelope: Document) -> None:
    envelope["payloadType"] = "application/json"


@pytest.mark.parametrize(
    ("does", "says", "where"),
    [
        (no_signature, "signature: nobody has signed it", "envelope#/signatures"),
        (other_name, f"signature: signed by {OTHER.keyid[:16]}", "envelope#/signatures/0"),
        (name_of_known_key, "signature: the signature of ", "envelope#/signatures/0"),
        (other_type, "envelope: its payload is no application/", "envelope#/payloadType"),
    ],
)
def test_a_swapped_signature(
    does: Callable[[Document], None], says: str, where: str, tmp_path: Path
):
    envelope = msgspec.json.decode(seal(encode(told_of(played())), KEY))
    does(envelope)
    file = tmp_path / "bundle.json"
    file.write_bytes(encode(envelope))
    report = read(file, KEY.public)
    (line,) = wrong(report)
    assert line.startswith(says)
    assert [f.where for c in report.checks for f in c.found] == [where]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (LOG.replace(b"changed", b"destroy"), "were changed"),
        (LOG + b"more", "were changed"),
        (LOG[:-1], "were changed"),
        (b"", "were changed"),
        (None, "are missing"),
    ],
    ids=["other bytes", "more bytes", "fewer bytes", "no bytes", "no file"],
)
def test_an_artifacts_bytes(content: bytes | None, says: str, tmp_path: Path):
    file = archived(told_of(played()), {bytes_digest(LOG): LOG}, tmp_path / "bundle.zip")
    with unpacked(file) as files:
        del files[LOG_FILE]
        if content is not None:
            files[LOG_FILE] = content
    report = read(file, KEY.public)
    assert wrong(report) == [f"artifacts: event 12 (change): the bytes of run.log {says}"]
    (found,) = report.check("artifacts").found
    assert found.where == f"/predicate/artifacts/0 {LOG_FILE}"


def test_a_file_that_is_smuggled_in(tmp_path: Path):
    file = archived(told_of(played()), {bytes_digest(LOG): LOG}, tmp_path / "bundle.zip")
    with unpacked(file) as files:
        files["../../run.sh"] = b"echo"
        files["artifacts/sha256-" + "0" * 64] = b"more"
    assert wrong(read(file, KEY.public)) == [
        "artifacts: '../../run.sh' is no part of the bundle",
        f"artifacts: 'artifacts/sha256-{'0' * 64}' is no part of the bundle",
    ]
