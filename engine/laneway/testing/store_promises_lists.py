"""A store's promises about lists: which operations, timers and actions, and in which order."""

# ruff: noqa: D102 - a test's name says what it shows

from typing import Any

import msgspec
import pytest

from laneway.core.model import EndStatus, Lane
from laneway.ports.store import (
    Commit,
    Lease,
    OperationFilter,
    OperationRow,
    PendingCommand,
    Scope,
    Store,
)

from .store_promises import StorePromises, commit_all
from .store_samples import (
    LANE,
    OTHER_PLAN,
    PLAN,
    accepted,
    ended,
    followed,
    moment,
    recover_action,
    start_action,
    timer,
)

_LANES = (LANE, Lane("odoo", "cm", "prod"), Lane("odoo", "xx", "prod"), Lane("shop", "cm", "prod"))
_PAGE = 3


def _named(wanted: dict[str, Any]) -> str:
    """A name for a filter; of one that names scopes, with how many."""
    scopes = wanted.get("within")
    named = [name if name != "within" else f"within-{len(scopes or ())}" for name in wanted]
    return "+".join(named) or "all"


class ListPromises(StorePromises):
    """Newest first for operations, page by page; earliest first for what is to be done."""

    async def test_operations_are_listed_newest_first(self, store: Store, lease: Lease) -> None:
        # By time; among equals the one that was committed last comes first, whatever its id.
        order = [("op_b", 1), ("op_d", 2), ("op_a", 2), ("op_c", 2), ("op_e", 0)]
        await commit_all(store, lease, [accepted(name, at=at) for name, at in order])
        assert await _listed(store) == ["op_c", "op_a", "op_d", "op_b", "op_e"]

    @pytest.mark.parametrize(
        "wanted",
        [
            {},
            {"plan": OTHER_PLAN.name},
            {"status": "pending"},
            {"status": "pass"},
            {"product": "odoo"},
            {"context": "cm"},
            {"instance": "prod"},
            {"product": "odoo", "context": "cm"},
            {"product": "odoo", "context": "cm", "instance": "prod"},
            {"requested_by": "grace"},
            {"requested_by": "grace", "plan": PLAN.name, "status": "pass"},
            {"product": "odoo", "status": "pass"},
            {"plan": PLAN.name, "created_after": moment(10), "created_before": moment(40)},
            {"created_after": moment(30)},
            {"created_before": moment(30), "status": "pending"},
            {"status": "no such status"},
            {"dry_run": True},
            {"dry_run": False, "plan": PLAN.name},
            {"within": ()},
            {"within": (Scope(),)},
            {"within": (Scope(products=("odoo",), instances=("prod",)), Scope(products=("shop",)))},
            {"within": (Scope(plans=(OTHER_PLAN.name, "none")),), "status": "pass"},
            {"within": (Scope(contexts=("nowhere",)),)},
            {
                "within": (
                    Scope(contexts=("cm",)),
                    Scope(instances=("prod",)),
                    Scope(plans=("none",)),
                )
            },
            {
                "within": (
                    Scope(plans=(PLAN.name,), contexts=("cm", "web")),
                    Scope(instances=("prod",)),
                )
            },
            {"within": tuple(Scope(plans=(f"plan-{n}", PLAN.name)) for n in range(99))},
        ],
        ids=_named,
    )
    async def test_a_filter_leaves_what_matches_page_by_page(
        self, store: Store, lease: Lease, wanted: dict[str, Any]
    ) -> None:
        rows = await _various(store, lease)
        matching = [row for row in reversed(rows) if _matches(row, wanted)]
        assert await _paged(store, OperationFilter(**wanted)) == matching

    async def test_what_comes_later_does_not_move_the_pages(
        self, store: Store, lease: Lease
    ) -> None:
        await commit_all(store, lease, [accepted(f"op_{n}", at=n) for n in range(5)])
        assert await _listed(store, limit=2) == ["op_4", "op_3"]
        await store.commit(accepted("op_9", at=9), lease)
        assert await _listed(store, limit=2, before="op_3") == ["op_2", "op_1"]
        assert await _listed(store, limit=2, before="op_0") == []

    async def test_unfinished_operations_oldest_first(self, store: Store, lease: Lease) -> None:
        commits = [accepted(name, exclusive=False) for name in ("op_c", "op_a", "op_d", "op_b")]
        await commit_all(store, lease, commits)
        live = [followed(commits[2], status="reconciliation_required"), ended(commits[0])]
        await commit_all(store, lease, live)
        found = await store.unfinished()
        assert found == [commits[1].row, live[0].row, commits[3].row]
        assert await store.unfinished_counts() == {"pending": 2, "reconciliation_required": 1}

    @pytest.mark.parametrize("status", list(EndStatus))
    async def test_an_operation_that_ended_is_finished(
        self, store: Store, lease: Lease, status: EndStatus
    ) -> None:
        first = accepted("op_1")
        await commit_all(store, lease, [first, ended(first, status)])
        assert await store.unfinished() == []
        assert (await store.lane(LANE)).queue == ()

    async def test_timers_come_earliest_first(self, store: Store, lease: Lease) -> None:
        first = accepted("op_1", commands=(timer("late", 30), timer("early", 10), start_action()))
        second = accepted("op_2", commands=(timer("middle", 20),))
        await commit_all(store, lease, [first, second])
        early = PendingCommand("op_1", timer("early", 10))
        middle = PendingCommand("op_2", timer("middle", 20))
        late = PendingCommand("op_1", timer("late", 30))
        assert await store.timers(None, 10) == [early, middle, late]
        assert await store.timers(moment(20), 10) == [early, middle]
        assert await store.timers(moment(19), 10) == [early]
        assert await store.timers(moment(9), 10) == []
        assert await store.timers(None, 2) == [early, middle]
        assert await store.timers(moment(30), 1) == [early]

    async def test_a_timer_that_is_set_anew_moves(self, store: Store, lease: Lease) -> None:
        first = accepted("op_1", commands=(timer("a", 10), timer("b", 20)))
        second = followed(first, commands=(timer("a", 30),))
        await commit_all(store, lease, [first, second])
        found = await store.timers(None, 10)
        assert [pending.command for pending in found] == [timer("b", 20), timer("a", 30)]

    async def test_outstanding_actions_of_all_operations(self, store: Store, lease: Lease) -> None:
        first = accepted("op_2", commands=(start_action("b"), timer(), start_action("a")))
        second = accepted("op_1", commands=(recover_action(),))
        await commit_all(store, lease, [first, second, accepted("op_3")])
        assert await store.outstanding_actions() == [
            PendingCommand("op_1", recover_action()),
            PendingCommand("op_2", start_action("a")),
            PendingCommand("op_2", start_action("b")),
        ]
        await store.commit(followed(first, withdraw=("action:a",)), lease)
        found = await store.outstanding_actions()
        assert [pending.command for pending in found] == [recover_action(), start_action("b")]


async def _various(store: Store, lease: Lease) -> list[OperationRow]:
    """Operations that differ in all that can be asked for, oldest first."""
    rows = []
    for number in range(24):
        first = accepted(
            f"op_{number:02}",
            at=number * 2,
            lane=_LANES[number % 4],
            plan=(PLAN, OTHER_PLAN)[number % 3 == 0],
            requested_by=("ada", "grace")[number // 4 % 2],
            dry_run=number % 7 == 0,
        )
        commits: list[Commit] = [first, ended(first)] if number % 5 else [first]
        await commit_all(store, lease, commits)
        rows.append(commits[-1].row)
    return rows


def _matches(row: OperationRow, wanted: dict[str, Any]) -> bool:
    fields: dict[str, Any] = {
        "dry_run": row.dry_run,
        "plan": row.plan,
        "status": row.status,
        "requested_by": row.requested_by,
        **msgspec.structs.asdict(row.lane),
    }
    equal = all(fields[name] == value for name, value in wanted.items() if name in fields)
    after, before = wanted.get("created_after", ""), wanted.get("created_before", "9")
    scopes = wanted.get("within", (Scope(),))
    seen = any(scope.covers(row.plan, row.lane) for scope in scopes)
    return equal and seen and after < row.created_at < before


async def _listed(store: Store, limit: int = 99, before: str | None = None) -> list[str]:
    return [row.id for row in await store.operations(OperationFilter(), limit, before)]


async def _paged(store: Store, where: OperationFilter) -> list[OperationRow]:
    found: list[OperationRow] = []
    page = await store.operations(where, _PAGE)
    while page:
        assert len(page) <= _PAGE
        assert page[0] not in found
        found.extend(page)
        page = await store.operations(where, _PAGE, before=page[-1].id)
    return found
