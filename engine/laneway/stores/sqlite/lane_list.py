"""Many lanes at once: those on which something has happened or that are frozen, by name.

One statement, hence one moment. The lanes are found by hopping from name to name in an index, and
the parts of each by a search, so it takes as long as there are lanes, however many operations there
were on them.
"""

from collections.abc import Sequence
from itertools import groupby

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.ports.store import LaneStanding

from .lanes import lane_record
from .queries import Query
from .rows import OPERATION_COLUMNS, Values

_COLUMNS = ", ".join(f"operations.{name}" for name in OPERATION_COLUMNS)
_LANE = "product = found.product AND context = found.context AND instance = found.instance"
_ON_LANE = " AND ".join(
    f"operations.{name} = found.{name}" for name in ("product", "context", "instance")
)

# What changes an operation's phase, or what it waits for; the last is never long ago in the events.
_TURNS = """'operation_accepted', 'operation_started', 'transition_taken', 'operation_paused',
  'operation_resumed', 'phase_outcome_unknown', 'phase_reconciled'"""


def _next(condition: str, order: str) -> str:
    """The ticket of some operation on the next lane."""
    return f"""(
        SELECT ticket FROM operations INDEXED BY operations_by_lane
        WHERE {condition} ORDER BY {order} LIMIT 1)"""  # noqa: S608 - this module's own text


# SQLite searches by all parts of a name only where it compares them one by one.
_HERE = "product = here.product AND"
_HOP = f"""coalesce(
        {_next(f"{_HERE} context = here.context AND instance > here.instance", "instance")},
        {_next(f"{_HERE} context > here.context", "context, instance")},
        {_next("product > here.product", "product, context, instance")})"""
_AFTER = "(product, context, instance) > (:product, :context, :instance)"
_FOUND = f"""
    hops (ticket) AS (
      SELECT {_next(_AFTER, "product, context, instance")}
      UNION ALL
      SELECT {_HOP}
      FROM hops CROSS JOIN operations AS here ON here.ticket = hops.ticket
      LIMIT :limit
    ),
    found (product, context, instance) AS MATERIALIZED (
      SELECT product, context, instance FROM hops
      CROSS JOIN operations ON operations.ticket = hops.ticket
      UNION
      SELECT * FROM (
        SELECT product, context, instance FROM lanes
        WHERE {_AFTER}
        ORDER BY product, context, instance LIMIT :limit)
      ORDER BY product, context, instance LIMIT :limit
    )"""  # noqa: S608 - as above


def _part(name: str, index: str, condition: str) -> str:
    """The operations of a part of each lane."""
    return f"""
      SELECT found.product, found.context, found.instance, '{name}', ticket
      FROM found CROSS JOIN operations INDEXED BY {index}
      ON {_ON_LANE} WHERE {condition}"""  # noqa: S608 - this module's own text


_SHARED = "exclusive = 0 AND status NOT IN ('pending', 'pass', 'fail', 'refused', 'cancelled')"
_PARTS = f"""
    plans (product, context, instance, plan) AS (
      SELECT product, context, instance, (
        SELECT min(plan) FROM operations INDEXED BY operations_destructive
        WHERE {_LANE} AND destructive_at IS NOT NULL)
      FROM found
      UNION ALL
      SELECT product, context, instance, (
        SELECT min(plan) FROM operations INDEXED BY operations_destructive
        WHERE {_LANE} AND destructive_at IS NOT NULL AND plan > found.plan)
      FROM plans AS found WHERE found.plan IS NOT NULL
    ),
    parts (product, context, instance, part, ticket) AS (
      SELECT product, context, instance, 'freeze', NULL FROM found
      UNION ALL {_part("holder", "operations_holding", "holds_lane = 1")}
      UNION ALL {_part("queue", "operations_queued", "status = 'pending'")}
      UNION ALL {_part("shared", "operations_sharing", _SHARED)}
      UNION ALL
      SELECT product, context, instance, 'pass', (
        SELECT max(ticket) FROM operations INDEXED BY operations_passed
        WHERE {_LANE} AND status = 'pass' AND dry_run = 0)
      FROM found
      UNION ALL
      SELECT product, context, instance, 'destructive', (
        SELECT ticket FROM operations INDEXED BY operations_destructive
        WHERE {_LANE} AND destructive_at IS NOT NULL AND plan = found.plan
        ORDER BY destructive_at DESC, ticket DESC LIMIT 1)
      FROM plans AS found WHERE found.plan IS NOT NULL
    )"""  # noqa: S608 - as above

LANES = f"""
  WITH RECURSIVE {_FOUND}, {_PARTS}
  SELECT parts.product, parts.context, parts.instance,
    CASE WHEN parts.part = 'holder' THEN (
      SELECT at FROM events WHERE operation_id = operations.id AND type IN ({_TURNS})
      ORDER BY seq DESC LIMIT 1) END,
    parts.part, lanes.frozen_by, lanes.frozen_reason, lanes.frozen_at, {_COLUMNS}
  FROM parts
  LEFT JOIN operations ON operations.ticket = parts.ticket
  LEFT JOIN lanes ON parts.part = 'freeze' AND lanes.product = parts.product
    AND lanes.context = parts.context AND lanes.instance = parts.instance
  ORDER BY parts.product, parts.context, parts.instance, parts.ticket"""  # noqa: S608 - as above


def listing(after: Lane | None, limit: int) -> Query:
    """The lanes whose names come after those of a lane (None: all), so many of them."""
    # No name is empty: every lane comes after the one that is made of nothing.
    names = (after.product, after.context, after.instance) if after else ("", "", "")
    return Query(
        LANES, dict(zip(("product", "context", "instance"), names, strict=True)) | {"limit": limit}
    )


def standings(found: Sequence[Values]) -> list[LaneStanding]:
    """The lanes of the rows of ``LANES``."""
    grouped = groupby(found, key=lambda values: Lane(*values[:3]))
    return [_standing(lane, [*values]) for lane, values in grouped]


def _standing(lane: Lane, found: Sequence[Values]) -> LaneStanding:
    since = next((Instant(values[3]) for values in found if values[3] is not None), None)
    return LaneStanding(record=lane_record(lane, [values[4:] for values in found]), since=since)
