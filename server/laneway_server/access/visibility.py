"""Which operations somebody may see: for streams, which show events and not operations."""

from collections import OrderedDict

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.store import Store

from .ruling import Judge

REMEMBERED = 10_000
"""How many operations' plans and lanes are kept in memory; they never change."""


class Visibility:
    """Answers by the policy of the moment, so that a stream ends with the right to read it."""

    def __init__(self, judge: Judge, store: Store) -> None:
        self._judge = judge
        self._store = store
        self._known: OrderedDict[str, tuple[str, Lane]] = OrderedDict()

    async def sees(self, actor: Actor, operation_id: str) -> bool:
        """Whether somebody may read that operation."""
        scopes = self._judge.visible(actor)
        if scopes is None:
            return True
        found = await self._about(operation_id)
        return found is not None and any(scope.covers(*found) for scope in scopes)

    async def _about(self, operation_id: str) -> tuple[str, Lane] | None:
        if operation_id in self._known:
            self._known.move_to_end(operation_id)
            return self._known[operation_id]
        row = await self._store.operation(operation_id)
        if row is None:
            return None
        if len(self._known) >= REMEMBERED:
            self._known.popitem(last=False)
        self._known[operation_id] = row.plan, row.lane
        return self._known[operation_id]
