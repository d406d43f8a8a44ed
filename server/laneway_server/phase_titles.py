"""What the phases of plans are called, for lists of operations, which are not loaded whole."""

from collections.abc import Mapping

from laneway.core.names import titled
from laneway.ports.store import Store, StoredPlan


class PhaseTitles:
    """The titles of plans and their phases, by digest; what a digest stands for never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[str, Mapping[str, str]]] = {}

    async def of(self, digest: str) -> tuple[str, Mapping[str, str]]:
        """The title of the plan of that digest, and those of its phases by their names."""
        if digest not in self._known:
            plan = await self._store.plan(digest)
            if plan is None:  # pruned since it was read where it is used
                return "", {}
            self._known[digest] = _titles(plan)
        return self._known[digest]


def _titles(plan: StoredPlan) -> tuple[str, Mapping[str, str]]:
    document = plan.document
    phases = document["phases"]
    branches = [phase.get("parallel") or {} for phase in phases.values()]
    titles = {
        name: phase.get("title") or titled(name)
        for some in (phases, *branches)
        for name, phase in some.items()
    }
    return document.get("title") or titled(plan.name), titles
