"""Which operations may go: a table of who stays and why, and what holds whatever the operation."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core.instants import Instant, later
from laneway.core.model import Lane, Retention
from laneway.core.retention import DAY, Candidate, Stay, rule, stays

ENDED = Instant("2026-01-31T09:30:00.000Z")
LIMITS = Retention(keep_days=10, keep_last=3)
GOES = Candidate(
    id="op_1",
    plan="odoo-stable-bootstrap",
    plan_digest="sha256:plan",
    lane=Lane("odoo", "cm", "testing"),
    status="fail",
    finished_at=ENDED,
    retention=LIMITS,
    newer=3,
)
LONG_AFTER = later(ENDED, 11 * DAY)


@dataclass(frozen=True)
class Case:
    says: str
    stays: Stay | None
    changes: dict[str, Any]
    now: Instant = LONG_AFTER


TABLE = (
    Case("past both limits", None, {}),
    Case("one moment past its days", None, {}, later(ENDED, 10 * DAY + 1)),
    Case("just as old as its days", Stay.KEEP_DAYS, {}, later(ENDED, 10 * DAY)),
    Case("ended in the future, by a clock that was set back", Stay.KEEP_DAYS, {}, later(ENDED, -1)),
    Case("among the newest", Stay.KEEP_LAST, {"newer": 2}),
    Case("the newest", Stay.KEEP_LAST, {"newer": 0}),
    Case("none of the newest are kept", None, {"newer": 0, "retention": Retention(10, 0)}),
    Case("within both limits", Stay.KEEP_DAYS, {"newer": 0}, ENDED),
    Case("has not ended", Stay.NOT_ENDED, {"finished_at": None, "status": "paused"}),
    Case("holds its lane", Stay.HOLDS_LANE, {"holds_lane": True}),
    Case("on hold", Stay.ON_HOLD, {"on_hold": True}),
    Case("named by one that has not ended", Stay.NAMED, {"named_by": "op_2"}),
    Case("the last pass", Stay.LAST_PASS, {"last_pass": True}),
    Case("the last to destroy", Stay.LAST_DESTRUCTIVE, {"last_destructive": True}),
    Case("on hold and young", Stay.ON_HOLD, {"on_hold": True}, ENDED),
    Case("on hold and the last pass", Stay.ON_HOLD, {"on_hold": True, "last_pass": True}),
)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.says)
def test_who_stays_and_why(case: Case):
    candidate = msgspec.structs.replace(GOES, **case.changes)
    assert stays(candidate, case.now) is case.stays


def test_the_rule_is_told_in_words():
    assert rule(LIMITS) == "keep_days 10, keep_last 3"


candidates = st.builds(
    Candidate,
    id=st.just("op_1"),
    plan=st.just("p"),
    plan_digest=st.just("sha256:p"),
    lane=st.just(GOES.lane),
    status=st.sampled_from(["pass", "fail", "refused", "cancelled"]),
    finished_at=st.sampled_from([None, ENDED, later(ENDED, 5 * DAY)]),
    retention=st.builds(Retention, st.integers(1, 9), st.integers(0, 4)),
    newer=st.integers(0, 4),
    holds_lane=st.booleans(),
    on_hold=st.booleans(),
    named_by=st.sampled_from([None, "op_2"]),
    last_pass=st.booleans(),
    last_destructive=st.booleans(),
)
moments = st.integers(0, 20 * DAY).map(lambda milliseconds: later(ENDED, milliseconds))
KEPT_WHATEVER_THE_LIMITS = {
    "finished_at": None,
    "holds_lane": True,
    "on_hold": True,
    "named_by": "op_2",
    "last_pass": True,
    "last_destructive": True,
}


@given(candidates, moments, st.sampled_from(sorted(KEPT_WHATEVER_THE_LIMITS)))
def test_no_limits_make_go_what_must_stay(candidate: Candidate, now: Instant, name: str):
    kept = msgspec.structs.replace(candidate, **{name: KEPT_WHATEVER_THE_LIMITS[name]})
    assert stays(kept, now) is not None


@given(candidates, moments, st.integers(0, 20 * DAY))
def test_time_and_newer_operations_only_ever_let_go(candidate: Candidate, now: Instant, more: int):
    older = msgspec.structs.replace(candidate, newer=candidate.newer + 1)
    if stays(candidate, now) is None:
        assert stays(candidate, later(now, more)) is None
        assert stays(older, now) is None


@given(candidates, moments)
def test_wider_limits_never_let_more_go(candidate: Candidate, now: Instant):
    limits = candidate.retention
    for wider in (
        Retention(limits.keep_days + 1, limits.keep_last),
        Retention(limits.keep_days, limits.keep_last + 1),
    ):
        kept = msgspec.structs.replace(candidate, retention=wider)
        assert stays(candidate, now) is None or stays(kept, now) is not None


@given(candidates, moments)
def test_what_goes_is_past_both_limits(candidate: Candidate, now: Instant):
    if stays(candidate, now) is None:
        assert candidate.finished_at is not None
        assert later(candidate.finished_at, candidate.retention.keep_days * DAY) < now
        assert candidate.newer >= candidate.retention.keep_last
