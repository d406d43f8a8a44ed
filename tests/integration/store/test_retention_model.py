"""Random histories: exactly that goes which a plain reading of the rules lets go, and nothing else
looks any different afterwards."""

import random
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from laneway.core import chain
from laneway.core.instants import elapsed
from laneway.core.model import EndStatus, Lane, Retention
from laneway.core.retention import DAY, stays
from laneway.ports.retention import Hold
from laneway.ports.store import Commit, LaneHeld, OperationFilter, OperationRow, StoredPlan
from laneway.runtime.pruning import past_their_days
from laneway.testing.store_promises import commit_all
from laneway.testing.store_samples import ADA, accepted, begun, ended, moment, sample_plan

LANES = [Lane("odoo", "cm", name) for name in ("a", "b")]
LIMITS = {
    ("one", 1): Retention(keep_days=1, keep_last=2),
    ("one", 2): Retention(keep_days=5, keep_last=0),
    ("two", 1): Retention(keep_days=2, keep_last=1),
    ("two", 2): Retention(),
}


def plan_of(name: str, version: int) -> StoredPlan:
    limits = LIMITS[name, version]
    document = {"retention": msgspec.structs.asdict(limits)} if limits != Retention() else {}
    return msgspec.structs.replace(sample_plan(name, version), document=document)


PLANS = {key: plan_of(*key) for key in LIMITS}


def history(chance: random.Random, operation_id: str, ids: list[str]) -> list[Commit]:
    """The commits of one operation, which may not be over at their end."""
    at = chance.randrange(10 * DAY)
    fields: dict[str, Any] = {
        "plan": PLANS[chance.choice(list(PLANS))],
        "lane": chance.choice(LANES),
        "dry_run": chance.random() < 0.2,
        "exclusive": chance.random() < 0.8,
        "supersedes": chance.choice([None, None, *ids[-4:]]),
        "retry_of": chance.choice([None, None, *ids[-4:]]),
    }
    commits = [accepted(operation_id, at=at, **fields)]
    if chance.random() < 0.97:
        destroyed: dict[str, Any] = {}
        if not fields["dry_run"] and chance.random() < 0.5:
            destroyed = {"destructive_at": moment(chance.randrange(10 * DAY))}
        commits.append(begun(commits[-1], at=at, **destroyed))
        if chance.random() < 0.98:
            commits.append(ended(commits[-1], chance.choice(list(EndStatus)), at=at))
    return commits


def goes(row: OperationRow, rows: list[OperationRow], held: set[str], days: int) -> bool:
    """The rules, read plainly; ``rows`` are in the order of their creation."""
    limits = LIMITS[row.plan, row.plan_version]
    if row.finished_at is None or row.id in held:
        return False
    live = [other for other in rows if other.finished_at is None]
    if any(row.id in (other.retry_of, other.supersedes) for other in live):
        return False
    same = [other for other in rows if (other.plan, other.lane) == (row.plan, row.lane)]
    passed = [other.id for other in same if other.status == "pass" and not other.dry_run]
    destroyed = [other for other in same if other.destructive_at]
    last = max(destroyed, key=lambda o: (o.destructive_at, rows.index(o)), default=None)
    if row.id in passed[-1:] or row is last:
        return False
    newer = [other for other in same[same.index(row) + 1 :] if other.dry_run == row.dry_run]
    old = elapsed(row.finished_at, moment(days * DAY)) > limits.keep_days * DAY
    return old and len(newer) >= limits.keep_last


@pytest.mark.parametrize("seed", range(6))
async def test_what_goes_is_what_the_rules_say_and_the_rest_is_as_it_was(store, lease, seed):
    chance = random.Random(seed)
    for plan in PLANS.values():
        await store.save_plan(plan)
    ids: list[str] = []
    for number in range(90):
        ids.append(f"op_{number:03}")
        with suppress(LaneHeld):  # it stays pending
            await commit_all(store, lease, history(chance, ids[-1], ids[:-1]))
    rows = [row for name in ids if (row := await store.operation(name)) is not None]
    held = {row.id for row in rows if chance.random() < 0.1}
    for name in held:
        await store.retention.hold(Hold(operation_id=name, by=ADA, reason="why", at=moment(0)))
    lanes = [await store.lane(lane) for lane in LANES]
    position = await store.last_position()
    days = chance.randrange(4, 16)
    expected = {row.id for row in rows if goes(row, rows, held, days)}

    assert await pruned(store, lease, days) == expected
    assert await pruned(store, lease, days) == set()
    assert 1 < len(expected) < 85

    assert [await store.lane(lane) for lane in LANES] == lanes
    assert await store.last_position() == position
    left = await store.operations(OperationFilter(), 1_000)
    assert {row.id for row in left} == set(ids) - expected
    for row in rows:
        events = await store.events(row.id)
        if row.id in expected:
            tombstone = await store.retention.tombstone(row.id)
            assert (tombstone.seq, tombstone.head) == (row.seq, row.head)
            assert list(events) == []
        else:
            assert chain.verify(events) == row.head
            assert await store.operation(row.id) == row


async def pruned(store: Any, lease: Any, days: int) -> set[str]:
    now, gone = moment(days * DAY), set()
    async for page in past_their_days(store.retention, now, 7):
        going = [each for each in page if stays(each, now) is None]
        removed = await store.retention.prune(going, now, lease)
        # Nothing has changed since it was looked at, so what was proposed goes.
        assert {tombstone.operation_id for tombstone in removed.tombstones} == {
            each.id for each in going
        }
        gone |= {each.id for each in going}
    return gone
