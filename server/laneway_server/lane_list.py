"""The list of lanes: those with a target record, and those on which something has happened."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.core.run import Status
from laneway.ports.store import LaneRecord, LaneStanding, OperationRow, Scope, Store

from . import forms, views, wire
from .phase_titles import PhaseTitles

FEWEST = 100
"""How many lanes are read at once at least: a filter may leave out many."""

Wanted = Callable[[Lane], bool]


def wanted(query: forms.LanesQuery, visible: tuple[Scope, ...] | None) -> Wanted:
    """Which lanes somebody asks for, of those that they may read (None: all)."""
    text = (query.q or "").casefold()

    def is_wanted(lane: Lane) -> bool:
        return (
            query.product in (None, lane.product)
            and query.context in (None, lane.context)
            and query.instance in (None, lane.instance)
            and (not text or text in str(lane).casefold())
            and (visible is None or any(scope.covers(None, lane) for scope in visible))
        )

    return is_wanted


async def page(
    store: Store, declared: Collection[Lane], query: forms.LanesQuery, is_wanted: Wanted
) -> tuple[list[LaneStanding], str | None]:
    """The lanes of a page, and the cursor of the next one."""
    found: list[LaneStanding] = []
    after = _lane(query.cursor)
    size = max(query.limit + 1, FEWEST)
    while len(found) <= query.limit:
        some = await store.lanes(after, size)
        last = some[-1].record.lane if len(some) == size else None
        between = (lane for lane in declared if _is_between(lane, after, last))
        found += [each for each in _merged(some, between) if is_wanted(each.record.lane)]
        if last is None:
            break
        after = last
    more = len(found) > query.limit
    shown = found[: query.limit]
    return shown, str(shown[-1].record.lane) if more else None


def _lane(cursor: str | None) -> Lane | None:
    return None if cursor is None else Lane(*cursor.split("/"))


def _names(lane: Lane) -> tuple[str, str, str]:
    return lane.product, lane.context, lane.instance


def _is_between(lane: Lane, after: Lane | None, last: Lane | None) -> bool:
    later = after is None or _names(lane) > _names(after)
    return later and (last is None or _names(lane) <= _names(last))


def _merged(some: Iterable[LaneStanding], declared: Iterable[Lane]) -> list[LaneStanding]:
    known = {each.record.lane: each for each in some}
    idle = {lane: LaneStanding(record=LaneRecord(lane=lane)) for lane in declared}
    return sorted((idle | known).values(), key=lambda each: _names(each.record.lane))


# --- as answers ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Summaries:
    """Makes summaries of lanes for somebody.

    Attributes:
        declared: the lanes that have a target record.
        visible: what they may read; None is everything.
    """

    declared: Collection[Lane]
    visible: tuple[Scope, ...] | None
    titles: PhaseTitles

    async def of(self, standing: LaneStanding) -> wire.LaneSummary:
        """A lane, without the operations that they may not see; that it is busy is told."""
        record = standing.record
        freeze = record.freeze
        return wire.LaneSummary(
            lane=record.lane,
            declared=record.lane in self.declared,
            busy=record.holder is not None,
            holder=await self._holder(standing),
            queued=len(record.queue),
            running_shared=len(record.running_shared),
            frozen=freeze is not None,
            freeze=wire.FreezeView(by=freeze.by, reason=freeze.reason, at=freeze.at)
            if freeze
            else None,
            last_pass=self._passed(record.last_pass),
            last_destructive=self._destructive(record),
        )

    def _sees(self, row: OperationRow) -> bool:
        return views.is_seen(self.visible, row.plan, row.lane)

    async def _holder(self, standing: LaneStanding) -> wire.LaneHolder | None:
        row = standing.record.holder
        if row is None or not self._sees(row):
            return None
        title, phases = await self.titles.of(row.plan_digest)
        entry = views.entry(row)
        return wire.LaneHolder(
            id=row.id,
            plan=wire.TitledPlanRef(
                name=row.plan, version=row.plan_version, digest=row.plan_digest, title=title
            ),
            status=entry.status,
            phase=entry.phase,
            phase_title=phases.get(row.phase),
            since=standing.since or row.created_at,
            waiting_for=entry.waiting_for,
            requested_by=entry.requested_by,
            dry_run=row.dry_run,
            created_at=row.created_at,
        )

    def _passed(self, row: OperationRow | None) -> wire.LanePast | None:
        if row is None or row.finished_at is None or not self._sees(row):
            return None
        return _past(row, row.finished_at)

    def _destructive(self, record: LaneRecord) -> wire.LanePast | None:
        rows = [row for row in record.last_destructive.values() if self._sees(row)]
        times = [(row.destructive_at, row) for row in rows if row.destructive_at is not None]
        if not times:
            return None
        at, row = max(times, key=lambda each: each[0])
        return _past(row, at)


def _past(row: OperationRow, at: Instant) -> wire.LanePast:
    return wire.LanePast(id=row.id, plan=row.plan, status=Status(row.status), at=at)
