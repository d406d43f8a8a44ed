"""The conformance suite of stores: an adapter is finished when it passes.

Subclass `StoreConformance` in a test module, as ``Test…``, and give it a fixture
``store_factory``: a function that opens the store on one fresh database, the same one at each call,
and that the fixture closes behind the test::

    class TestSqliteStore(StoreConformance):
        @pytest.fixture
        async def store_factory(self, tmp_path: Path) -> AsyncIterator[StoreFactory]: ...

The tests are of the port's promises alone; what happens to a full disk or a damaged file is the
adapter's to test.
"""

from .store_promises import StoreFactory
from .store_promises_access import AuditPromises, SessionPromises
from .store_promises_commits import CommitPromises
from .store_promises_groups import GroupPromises
from .store_promises_lanes import LanePromises
from .store_promises_lists import ListPromises
from .store_promises_plans import PlanVersionPromises
from .store_promises_retention import ArtifactPromises, HoldPromises, PruningPromises

__all__ = ["StoreConformance", "StoreFactory"]


class StoreConformance(
    CommitPromises,
    GroupPromises,
    LanePromises,
    ListPromises,
    PlanVersionPromises,
    HoldPromises,
    PruningPromises,
    ArtifactPromises,
    AuditPromises,
    SessionPromises,
):
    """Every promise of ``laneway.ports.store.Store``."""
