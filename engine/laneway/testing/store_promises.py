"""What the parts of the store's conformance suite share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import pytest

from laneway.core import chain
from laneway.ports.store import Commit, Lease, Store

from .store_samples import OTHER_PLAN, PLAN, moment

StoreFactory = Callable[[], Awaitable[Store]]
"""Opens the store on the test's database; again after it was closed: the same one."""


class StorePromises:
    """The base of the suite's parts: an open store, a lease, and what tests ask again and again."""

    @pytest.fixture
    async def store(self, store_factory: StoreFactory) -> AsyncIterator[Store]:
        """An empty store that knows the samples' plans."""
        store = await store_factory()
        await store.save_plan(PLAN)
        await store.save_plan(OTHER_PLAN)
        yield store
        await store.close()

    @pytest.fixture
    async def lease(self, store: Store) -> Lease:
        """The right to write to it."""
        return await store.claim("engine-1", moment(0))


async def commit_all(store: Store, lease: Lease, commits: Iterable[Commit]) -> list[int]:
    """One commit after the other; their positions."""
    return [await store.commit(commit, lease) for commit in commits]


async def at_once(
    store: Store, lease: Lease, commits: Iterable[Commit]
) -> list[int | BaseException]:
    """All commits without waiting between them; the position of each, or why it was refused."""
    tasks = (store.commit(commit, lease) for commit in commits)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def is_absent(store: Store, commit: Commit) -> bool:
    """Whether nothing of a creation is there."""
    operation_id = commit.row.id
    traces = (
        await store.operation(operation_id),
        *await store.events(operation_id),
        *await store.commands(operation_id),
    )
    return all(trace is None for trace in traces)


async def is_at(store: Store, commit: Commit) -> bool:
    """Whether the operation is as the commit left it, and its chain holds."""
    events = await store.events(commit.row.id)
    head = chain.verify(events)
    return await store.operation(commit.row.id) == commit.row and head == commit.row.head
