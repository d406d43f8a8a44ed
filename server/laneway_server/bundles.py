"""Evidence bundles, made of what the store has: for the server, and for a database without one."""

import asyncio
from collections.abc import Sequence

import laneway
from laneway.core.compile import compile_plan
from laneway.core.envelope import Recorded
from laneway.core.instants import Instant
from laneway.core.model import Plan
from laneway.evidence.archive import opened_bytes, pack
from laneway.evidence.envelope import seal
from laneway.evidence.keys import PublicKey, SigningKey
from laneway.evidence.report import Report
from laneway.evidence.statement import artifacts, payload
from laneway.evidence.verify import verify
from laneway.ports.store import Store, StoreCorrupt


async def envelope(
    plan: Plan, events: Sequence[Recorded], key: SigningKey | None, at: Instant
) -> bytes:
    """The bundle of an operation, without its artifacts' bytes.

    Args:
        events: all that there are at one moment.
        key: what it is signed with; None: it is not.
        at: now.
    """
    # In a thread: a long operation takes a while to write, and others are served meanwhile.
    return await asyncio.to_thread(_envelope, plan, events, key, at)


def _envelope(plan: Plan, events: Sequence[Recorded], key: SigningKey | None, at: Instant) -> bytes:
    said = payload(plan, events, exported_at=at, version=laneway.__version__)
    return seal(said, key)


async def archive(store: Store, envelope: bytes, events: Sequence[Recorded]) -> bytes:
    """A bundle with its artifacts' bytes, all of which are in memory at once.

    Raises:
        StoreCorrupt: the database has lost some.
    """
    found: dict[str, bytes] = {}
    for each in artifacts(events):
        content = found.get(each.digest) or await store.artifact(each.digest)
        if content is None:
            raise StoreCorrupt(f"the database has lost the artifact {each.name!r}")
        found[each.digest] = content
    return await asyncio.to_thread(pack, envelope, found)


async def verification(bundle: bytes, key: PublicKey | None) -> Report:
    """What verifying a bundle comes to.

    Args:
        bundle: an envelope, or an archive.
        key: of who must have signed it; None: nobody is known who could vouch for it.
    """
    # In a thread: every event is played again, and others are served meanwhile.
    return await asyncio.to_thread(_verification, bundle, key)


def _verification(content: bytes, key: PublicKey | None) -> Report:
    with opened_bytes(content, "the bundle") as bundle:
        return verify(bundle, [] if key is None else [key])


async def pinned_plan(store: Store, digest: str) -> Plan:
    """The plan that an operation is pinned to.

    Raises:
        StoreCorrupt: the database has lost it.
    """
    stored = await store.plan(digest)
    if stored is None:
        raise StoreCorrupt(f"the database has lost the plan {digest}")
    return compile_plan(stored.document, stored.actions).plan
