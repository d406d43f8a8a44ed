"""Bundles of operations that were played, and files that hold them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from laneway.core.chain import GENESIS, from_wire
from laneway.core.compile import CompiledPlan, compile_plan
from laneway.core.envelope import Recorded
from laneway.core.instants import Instant
from laneway.core.model import ActionSpec, Plan
from laneway.evidence.archive import Bundle, opened, pack
from laneway.evidence.contents import event_hash
from laneway.evidence.envelope import seal
from laneway.evidence.keys import PublicKey, SigningKey
from laneway.evidence.replay import replay
from laneway.evidence.report import Report
from laneway.evidence.statement import statement
from laneway.evidence.strict import encode
from laneway.evidence.verify import verify
from tests.support.play import Player

LATER = Instant("2026-06-01T00:00:00.000Z")
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = SigningKey(Ed25519PrivateKey.from_private_bytes(b"o" * 32))

Document = dict[str, Any]


def told(plan: Plan, events: Sequence[Recorded]) -> Document:
    """The statement about an operation, as JSON."""
    made = statement(plan, events, exported_at=LATER, version="0.0.0")
    read: Document = msgspec.json.decode(encode(made))
    return read


def told_of(player: Player) -> Document:
    """The statement about an operation that was played."""
    return told(player.plan.plan, player.events)


def looked_at(
    said: Document | bytes,
    *,
    key: SigningKey | None = None,
    trusted: Sequence[PublicKey] = (),
    unsigned: bool = True,
) -> Report:
    """What verifying a statement comes to."""
    payload = said if isinstance(said, bytes) else encode(said)
    return verify(Bundle(seal(payload, key)), trusted, unsigned=unsigned)


def refused(plan: CompiledPlan, events: Sequence[Recorded]) -> list[str]:
    """What a replay finds wrong with events, which are numbered anew."""
    numbered = [msgspec.structs.replace(e, seq=n) for n, e in enumerate(events, start=1)]
    return [str(found) for found in replay(plan, numbered)]


def archived(said: Document, artifacts: Mapping[str, bytes], path: Path) -> Path:
    """An archive of a statement and bytes, signed by `KEY`."""
    path.write_bytes(pack(seal(encode(said), KEY), artifacts))
    return path


def read(path: Path, *trusted: PublicKey, unsigned: bool = False) -> Report:
    """What verifying a file comes to."""
    with opened(path) as bundle:
        return verify(bundle, trusted, unsigned=unsigned)


@contextmanager
def unpacked(path: Path) -> Iterator[dict[str, bytes]]:
    """The files of an archive, to be changed; the archive is then written again."""
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    yield files
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    path.write_bytes(out.getvalue())


def forged(said: Document) -> Document:
    """The statement of a forger who knows everything: all hashes fit, and all parts say the same.

    Only what the events tell cannot be made to fit: whether the plan allows it.
    """
    events, head = said["predicate"]["events"], GENESIS
    for seq, event in enumerate(events, start=1):
        event |= {"seq": seq, "prev_hash": head}
        event["hash"] = head = event_hash(event)
    pinned = said["predicate"]["plan"]
    plan = compile_plan(
        pinned["document"], msgspec.convert(pinned["actions"], dict[str, ActionSpec])
    ).plan
    made = told(plan, [from_wire(event) for event in events])
    said["subject"] = made["subject"]
    said["predicate"] |= {n: v for n, v in made["predicate"].items() if n not in ("plan", "events")}
    return said


def wrong(report: Report) -> list[str]:
    """What is wrong, as ``check: message`` lines."""
    return [f"{check.name}: {found}" for check in report.checks for found in check.found]


def every_place(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value within a JSON value that holds no others."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for step, each in inner:
        if isinstance(each, dict | list) and each:
            yield from every_place(each, (*path, step))
        else:
            yield (*path, step)


def changed_at(said: Document, path: Sequence[str | int], change: Callable[[Any], Any]) -> Document:
    """A copy of a statement with one value changed."""
    copy: Any = msgspec.json.decode(msgspec.json.encode(said))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = change(holder[path[-1]])
    return copy  # type: ignore[no-any-return]
