"""Verifying: any change to any field, or to any byte of what was signed, is found."""

import base64
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from laneway.core.digests import bytes_digest
from laneway.evidence.archive import Bundle
from laneway.evidence.envelope import seal
from laneway.evidence.report import Result
from laneway.evidence.strict import encode
from laneway.evidence.verify import CHECKS, verify
from tests.support.bundles import (
    KEY,
    OTHER,
    Document,
    changed_at,
    every_place,
    looked_at,
    told_of,
    wrong,
)
from tests.unit.evidence.test_tampering import LOG, played

OUTSIDE = {"exported_at", "laneway"}
"""What no hash covers: only a signature vouches for it."""


@cache
def said() -> Document:
    return told_of(played())


def other(value: Any) -> Any:
    """Another value, of the same kind where that can be."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case None:
            return "x"
        case dict():
            return {"x": 1}
    return ["x"]


def places() -> list[tuple[str | int, ...]]:
    return [path for path in every_place(said()) if path[-1] not in OUTSIDE]


def test_every_field_is_covered_also_without_a_signature():
    unnoticed = [path for path in places() if looked_at(changed_at(said(), path, other)).verified]
    assert unnoticed == []
    assert len(places()) > 300


def test_every_field_that_is_left_out_is_missed():
    unnoticed = []
    for path in every_place(said()):
        copy = msgspec.json.decode(msgspec.json.encode(said()))
        holder: Any = copy
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        if looked_at(copy).verified:
            unnoticed.append(path)
    assert unnoticed == []


def test_any_byte_of_a_signed_bundle_is_covered():
    whole = seal(encode(said()), KEY)
    assert verify(Bundle(whole), [KEY.public]).verified
    step = max(1, len(whole) // 400)
    for place in [*range(0, len(whole), step), *range(len(whole) - 300, len(whole))]:
        changed = bytearray(whole)
        changed[place] ^= 0x01
        assert not verify(Bundle(bytes(changed)), [KEY.public]).verified, place


@pytest.mark.parametrize(
    ("key", "trusted", "unsigned", "verified", "message"),
    [
        (KEY, [KEY], False, True, f"signed by {KEY.keyid[:16]}"),
        (KEY, [OTHER, KEY], False, True, f"signed by {KEY.keyid[:16]}"),
        (KEY, [OTHER], False, False, f"signed by {KEY.keyid[:16]}, and not by {OTHER.keyid[:16]}"),
        (KEY, [], False, False, f"signed by {KEY.keyid[:16]}, which was not checked: give its"),
        (KEY, [], True, True, f"not asked for; it says that {KEY.keyid[:16]} signed it"),
        (None, [KEY], False, False, "nobody has signed it"),
        (None, [], False, False, "nobody has signed it: the server had no key"),
        (None, [], True, True, "not asked for"),
    ],
)
def test_who_signed_it(key: Any, trusted: Any, unsigned: bool, verified: bool, message: str):
    keys = [each.public for each in trusted]
    report = looked_at(said(), key=key, trusted=keys, unsigned=unsigned)
    assert report.verified is verified
    check = report.check("signature")
    told = str(check.found[0]) if check.found else check.message
    assert told.startswith(message)
    assert [c.name for c in report.checks if c.result is not Result.OK] == (
        [] if verified else ["signature"]
    )


def test_what_stands_on_a_failed_check_is_skipped_and_says_so():
    report = verify(Bundle(b"no bundle"))
    assert [check.name for check in report.checks] == [name for name, *_ in CHECKS]
    assert report.about is None
    assert {check.result for check in report.checks[1:]} == {Result.SKIPPED}
    assert report.check("chain").message == "not looked at, because of the statement"


def test_what_it_is_about_is_said_first():
    about = looked_at(said()).about
    assert about is not None
    assert (about.operation, about.title, about.status) == ("op_1", "Small", "pass")
    assert (about.lane, about.events, about.complete) == ("odoo/cm/prod", 14, True)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        {},
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicate": {"events": [[[]]]}},
    ],
)
def test_what_is_no_statement_is_named_and_nothing_breaks(junk: Any):
    report = looked_at(junk)
    assert report.check("statement").result is Result.FAILED
    assert wrong(report)[0].startswith("statement: it has not the form of evidence v1: ")


def test_a_plan_that_does_not_compile_is_a_finding():
    from laneway.core.compile import DIGEST_DOMAIN
    from laneway.core.digests import digest

    for document in (
        {},
        {"plan": "small"},
        {**said()["predicate"]["plan"]["document"], "phases": 3},
    ):
        copy = changed_at(said(), ("predicate", "plan", "document"), _always(document))
        pinned = copy["predicate"]["plan"]
        pinned["digest"] = digest(DIGEST_DOMAIN, document)
        first = copy["predicate"]["events"][0]["data"]
        first["plan_digest"] = pinned["digest"]
        report = looked_at(copy)
        assert any(line.startswith("plan: the plan cannot be used: ") for line in wrong(report))
        assert not report.verified


def test_an_envelope_of_another_kind_of_statement():
    slsa = {**said(), "predicateType": "https://slsa.dev/provenance/v1"}
    (line, *_) = wrong(looked_at(slsa))
    assert "Invalid enum value 'https://slsa.dev/provenance/v1'" in line


def test_the_log_is_named_by_its_digest_alone():
    report = looked_at(said())
    assert report.check("artifacts").message == (
        "1 artifact by digest; the bytes are not in this file"
    )
    assert said()["predicate"]["artifacts"][0]["digest"] == bytes_digest(LOG)


def test_reading_a_bundle_leaves_it_as_it_was(tmp_path: Path):
    envelope = seal(encode(said()), KEY)
    before = base64.b64encode(envelope)
    verify(Bundle(envelope), [KEY.public])
    assert base64.b64encode(envelope) == before


def _always(value: Any) -> Any:
    return lambda _: value
