"""The store against a model of it in plain Python: whatever is done, both say the same."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from laneway.ports.store import Freeze, Lease, OperationFilter
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.store_promises import at_once
from laneway.testing.store_samples import ADA, OTHER_PLAN, PLAN, moment
from tests.integration.store.model import LANES, Intent, Model

INTENTS = st.builds(
    Intent,
    kind=st.sampled_from(["create", "begin", "follow", "follow", "end", "share", "destroy"]),
    pick=st.integers(0, 7),
    lane=st.sampled_from(LANES),
    begins=st.booleans(),
    key=st.sampled_from(["", "", "k1", "k2"]),
    at=st.integers(0, 9),
    stale=st.integers(0, 7).map(lambda number: number == 0),
)
FILTERS = [
    OperationFilter(),
    OperationFilter(status="running"),
    OperationFilter(plan=PLAN.name, created_after=moment(3)),
    OperationFilter(product=LANES[0].product, context="cm", instance="testing"),
]


class StoreAgainstModel(RuleBasedStateMachine):
    """Commits in groups, claims, freezes and restarts; after each, every read is compared."""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        self.leases: list[Lease] = []
        self.run(self.open())
        self.claim()

    def run(self, coroutine):
        return self.runner.run(coroutine)

    async def open(self):
        self.store = await SqliteStore.open(self.folder / "laneway.db")
        await self.store.save_plan(PLAN)
        await self.store.save_plan(OTHER_PLAN)

    @rule(intents=st.lists(INTENTS, min_size=1, max_size=6))
    def commit(self, intents):
        planned = [self.model.planned(intent) for intent in intents]
        expected = [result for _, result in planned]
        commits = [commit for commit, _ in planned]
        results = self.run(at_once(self.store, self.leases[-1], commits))
        assert [r if isinstance(r, int) else type(r) for r in results] == expected

    @rule(intent=INTENTS)
    @precondition(lambda self: len(self.leases) > 1)
    def commit_under_an_old_lease(self, intent):
        commit = self.model.commit_of(intent)
        (result,) = self.run(at_once(self.store, self.leases[0], [commit]))
        assert type(result).__name__ == "StaleLease"

    @rule()
    def claim(self):
        self.leases.append(self.run(self.store.claim(f"engine-{len(self.leases)}", moment(0))))
        epochs = [lease.epoch for lease in self.leases]
        assert epochs == sorted(set(epochs))

    @rule(lane=st.sampled_from(LANES), reason=st.sampled_from([None, "audit", "holiday"]))
    def freeze(self, lane, reason):
        freeze = None if reason is None else Freeze(ADA, reason, moment(1))
        self.model.freezes[lane] = freeze
        self.run(self.store.set_freeze(lane, freeze))

    @rule()
    def restart(self):
        self.run(self.store.close())
        self.run(self.open())

    @invariant()
    def lanes_are_the_same(self):
        for lane in LANES:
            assert self.run(self.store.lane(lane)) == self.model.lane(lane)
        assert self.run(self.store.queued_lanes()) == self.model.queued_lanes()

    @invariant()
    def lists_are_the_same(self):
        assert self.run(self.store.unfinished()) == self.model.unfinished()
        for where in FILTERS:
            assert self.run(self.store.operations(where, 99)) == self.model.listed(where)

    @invariant()
    def events_are_the_same(self):
        found = self.run(self.store.all_events(0, 9999))
        assert [one.recorded for one in found] == self.model.events
        assert [one.position for one in found] == list(range(1, len(found) + 1))

    @invariant()
    def commands_are_the_same(self):
        timers = self.run(self.store.timers(moment(5), 99))
        assert timers == self.model.timers(moment(5))
        assert self.run(self.store.outstanding_actions()) == self.model.actions()

    def teardown(self):
        self.run(self.store.close())
        self.runner.close()
        shutil.rmtree(self.folder)


TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
