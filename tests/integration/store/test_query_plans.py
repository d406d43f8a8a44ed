"""Every read goes by an index, and no list is sorted, whatever is asked for."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any

import pytest

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.ports.audit import AuditFilter
from laneway.ports.store import OperationFilter, Scope
from laneway.stores.sqlite import lane_list, pruning, queries
from laneway.stores.sqlite.audit import searching
from laneway.stores.sqlite.listing import MOST_PARTS, listing
from laneway.stores.sqlite.migrations import shipped
from laneway.stores.sqlite.queries import Query

SEARCHES = {
    "OPERATION": "sqlite_autoindex_operations_1",
    "UNFINISHED": "operations_unfinished",
    "UNFINISHED_COUNTS": "COVERING INDEX operations_by_status (status=?)",
    "PLAN": "sqlite_autoindex_plans_1",
    "EVENTS": "sqlite_autoindex_events_1 (operation_id=? AND seq>?)",
    "ALL_EVENTS": "INTEGER PRIMARY KEY (rowid>?)",
    "COMMANDS": "PRIMARY KEY (operation_id=?)",
    "OUTSTANDING_ACTIONS": "commands_of_actions",
    "TIMERS": "commands_due",
    "TIMERS_UNTIL": "commands_due (due_at<?)",
    "KEY": "PRIMARY KEY (scope=? AND key=?)",
    "HOLDER": "operations_holding (product=? AND context=? AND instance=?)",
}
TIMES: tuple[dict[str, Any], ...] = (
    {},
    {"created_after": Instant("1")},
    {"created_before": Instant("2")},
)
FIELDS = ("plan", "status", "product", "context", "instance", "requested_by")
NAMES = ("id", "after", "until", "limit", "digest", "scope", "key", "product", "context")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for step in shipped():
            connection.executescript(step.sql)
        yield connection


def plan_of(connection: sqlite3.Connection, query: Query) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", query[1])]


@pytest.mark.parametrize(("name", "expected"), SEARCHES.items())
def test_a_query_uses_its_index(connection, name, expected):
    parameters = dict.fromkeys((*NAMES, "instance"), "x")
    plan = plan_of(connection, Query(getattr(queries, name), parameters))
    assert expected in plan[0]
    assert not any("TEMP B-TREE" in line for line in plan)


def test_every_filter_of_a_list_has_an_index_that_gives_its_order(connection):
    for chosen in product((None, "x"), repeat=len(FIELDS)):
        wanted: dict[str, Any] = dict(zip(FIELDS, chosen, strict=True))
        for times in TIMES:
            for before in (None, "op_1"):
                query = listing(OperationFilter(**wanted, **times), 10, before)
                plan = plan_of(connection, query)
                assert "USING INDEX operations_by_" in plan[0], query
                assert not any("TEMP B-TREE" in line for line in plan), query


@pytest.mark.parametrize(
    ("wanted", "search"),
    [
        ({}, "operations_by_time (created_at<?)"),
        ({"plan": "x"}, "operations_by_plan (plan=? AND created_at<?)"),
        ({"status": "pass"}, "operations_by_status (status=? AND created_at<?)"),
        ({"product": "x"}, "operations_by_product (product=? AND created_at<?)"),
        ({"requested_by": "x"}, "operations_by_requester (requested_by=? AND created_at<?)"),
        (
            {"product": "x", "context": "x"},
            "operations_by_context (context=? AND created_at<?)",
        ),
        (
            {"product": "x", "context": "x", "instance": "x", "plan": "x"},
            "operations_by_lane (product=? AND context=? AND instance=? AND created_at<?)",
        ),
        # Few operations are live, so their status leads to them faster than anything else.
        ({"plan": "x", "status": "running"}, "operations_by_status (status=? AND created_at<?)"),
    ],
)
def test_the_common_lists_seek_to_their_page(connection, wanted, search):
    plan = plan_of(connection, listing(OperationFilter(**wanted), 10, "op_1"))
    assert plan[0] == f"SEARCH operations USING INDEX {search}"
    assert not any("SCAN" in line for line in plan)


SCOPES = (
    Scope(products=("p", "q"), contexts=("c",), instances=("i",)),
    Scope(plans=("x",), contexts=("c", "d")),
    Scope(instances=("i",)),
)


@pytest.mark.parametrize("wanted", [{}, {"plan": "x"}, {"status": "pass"}, {"requested_by": "x"}])
def test_what_a_caller_may_see_is_merged_from_lists_that_each_have_an_index(connection, wanted):
    where = OperationFilter(**wanted, within=SCOPES)
    plan = plan_of(connection, listing(where, 10, "op_1"))
    # What is scanned is the page that was found.
    assert [line for line in plan if line.startswith("SCAN")] == ["SCAN listed"]
    assert not any("operations_by_time" in line for line in plan)
    assert sum("USING" in line and "operations_by_" in line for line in plan) >= 3


def test_a_caller_who_may_see_next_to_nothing_is_not_shown_it_by_looking_at_everything(connection):
    scopes = (Scope(products=("p",), contexts=("c",), instances=("i",)),)
    (first, *_) = plan_of(connection, listing(OperationFilter(within=scopes), 10, None))
    assert first.startswith("SEARCH operations USING INDEX operations_by_lane")
    for nothing in ((), (Scope(plans=("other",)),)):
        query = listing(OperationFilter(plan="x", within=nothing), 10, None)
        assert "WHERE plan = :value_0 AND FALSE" in query.sql


def test_a_scope_that_is_within_another_is_not_read_twice():
    scopes = (Scope(contexts=("c",)), Scope(contexts=("c",), instances=("i",)), Scope())
    assert "UNION" in listing(OperationFilter(within=scopes[:1] * 2 + SCOPES), 10, None).sql
    assert "UNION" not in listing(OperationFilter(within=scopes[:2]), 10, None).sql
    assert "WHERE" not in listing(OperationFilter(within=scopes), 10, None).sql


def test_more_scopes_than_can_be_merged_are_looked_through(connection):
    scopes = tuple(Scope(contexts=(f"c{n}",)) for n in range(MOST_PARTS + 1))
    plan = plan_of(connection, listing(OperationFilter(within=scopes), 10, None))
    assert plan[0] == "SCAN operations USING INDEX operations_by_time"


def test_the_dry_runs_of_a_lane_are_found_among_others(connection):
    lane: dict[str, Any] = {"product": "p", "context": "c", "instance": "i"}
    query = listing(OperationFilter(plan="x", dry_run=True, **lane), 10, None)
    assert "INDEX operations_dry_runs" in plan_of(connection, query)[0]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "INTEGER PRIMARY KEY"),
        ({"allowed": False, "since": Instant("1")}, "INTEGER PRIMARY KEY"),
        ({"act": "x", "before": 7}, "INDEX audit_by_act"),
        ({"act": "x", "plan": "x"}, "INDEX audit_by_plan"),
        ({"plan": "x", "actor": "x"}, "INDEX audit_by_actor"),
        ({"product": "x", "context": "x", "instance": "x", "actor": "x"}, "INDEX audit_by_lane"),
        ({"operation_id": "x", "actor": "x"}, "INDEX audit_by_operation"),
    ],
)
def test_the_audit_log_is_searched_by_an_index_and_never_sorted(connection, wanted, index):
    for newest_first in (True, False):
        query = searching(AuditFilter(**wanted), 10, newest_first=newest_first)
        places, entries = plan_of(connection, query)
        assert places.startswith("SEARCH places USING ")
        assert index in places
        assert entries == "SEARCH audit USING INTEGER PRIMARY KEY (rowid=?)"


def test_a_lane_is_put_together_by_searching_alone(connection):
    parameters = {"product": "p", "context": "c", "instance": "i"}
    plan = plan_of(connection, Query(queries.LANE, parameters))
    scanned = {line for line in plan if line.startswith("SCAN")}
    # What is scanned are the handful of rows that the searches found.
    assert scanned == {"SCAN parts", "SCAN plans", "SCAN CONSTANT ROW"}


def test_many_lanes_are_put_together_by_searching_alone(connection):
    plan = plan_of(connection, lane_list.listing(Lane("p", "c", "i"), 100))
    scanned = {line for line in plan if line.startswith("SCAN")}
    # What is scanned are rows that the searches found: a few for each lane.
    found = ("SCAN hops", "SCAN found", "SCAN parts", "SCAN CONSTANT ROW", "SCAN (subquery-")
    assert [line for line in scanned if not line.startswith(found)] == []
    # From lane to lane by the whole name: else each step would pass over those before it.
    assert any("product=? AND context=? AND instance>?" in line for line in plan)


def test_the_last_position_is_looked_up_and_not_counted(connection):
    plan = plan_of(connection, Query(queries.LAST_POSITION, {}))
    # A row for each table that numbers its rows, whatever is in those tables.
    assert plan == ["SEARCH sqlite_sequence"]


def test_what_may_be_pruned_is_found_by_searching_alone(connection):
    names = ("plan_digest", "before", "after", "id", "keep_last", "limit")
    for sql in (pruning.CANDIDATES, pruning.CANDIDATE):
        plan = plan_of(connection, Query(sql, dict.fromkeys(names, 1)))
        scanned = [line for line in plan if line.startswith("SCAN")]
        # What is scanned are the rows that the searches found.
        assert len(scanned) == 1, scanned
        assert not any("TEMP B-TREE" in line for line in plan)


@pytest.mark.parametrize("name", ["_LEFT_BEHIND", "_FORGET_EVENTS", "_FORGET_ARTIFACTS"])
def test_what_is_pruned_is_found_by_searching(connection, name):
    query = Query(getattr(pruning, name), {"gone": "[]", "digests": "[]"})
    scanned = {line for line in plan_of(connection, query) if line.startswith("SCAN")}
    assert all("json_each" in line for line in scanned)
