"""Which operations somebody may see: for streams, which show events and not operations."""

from collections import OrderedDict
from weakref import WeakValueDictionary

import msgspec

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.store import Scope, Store

from .ruling import Judge

REMEMBERED = 10_000
"""How many operations' plans and lanes are kept in memory; they never change."""


class Sight:
    """What one caller may see, by the policy of the moment.

    All streams of one and the same caller share theirs.
    """

    __slots__ = ("__weakref__", "_actor", "_visibility")

    def __init__(self, visibility: "Visibility", actor: Actor) -> None:
        self._visibility = visibility
        self._actor = actor

    def known(self, operation_id: str) -> bool | None:
        """Whether they may see an operation; None where the store must be asked what it is."""
        return self._visibility.known(self._actor, operation_id)

    async def sees(self, operation_id: str) -> bool:
        """Whether they may see an operation."""
        return await self._visibility.sees(self._actor, operation_id)


class Visibility:
    """Answers by the policy of the moment, so that a stream ends with the right to read it."""

    def __init__(self, judge: Judge, store: Store) -> None:
        self._judge = judge
        self._store = store
        self._known: OrderedDict[str, tuple[str, Lane]] = OrderedDict()
        self._sights: WeakValueDictionary[bytes, Sight] = WeakValueDictionary()

    def sight(self, actor: Actor) -> Sight:
        """What somebody may see, from now on."""
        key = msgspec.json.encode(actor)
        found = self._sights.get(key)
        if found is None:
            found = self._sights[key] = Sight(self, actor)
        return found

    async def sees(self, actor: Actor, operation_id: str) -> bool:
        """Whether somebody may read that operation."""
        known = self.known(actor, operation_id)
        if known is not None:
            return known
        row = await self._store.operation(operation_id)
        if row is None:
            return False
        self._remember(operation_id, row.plan, row.lane)
        return bool(self.known(actor, operation_id))

    def known(self, actor: Actor, operation_id: str) -> bool | None:
        """The same, or None where it is not known what the operation is."""
        scopes = self._judge.visible(actor)
        if not scopes:
            return scopes is None
        return self._covered(scopes, operation_id)

    def _covered(self, scopes: tuple[Scope, ...], operation_id: str) -> bool | None:
        about = self._known.get(operation_id)
        if about is None:
            return None
        self._known.move_to_end(operation_id)
        return any(scope.covers(*about) for scope in scopes)

    def _remember(self, operation_id: str, plan: str, lane: Lane) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.popitem(last=False)
        self._known[operation_id] = plan, lane
