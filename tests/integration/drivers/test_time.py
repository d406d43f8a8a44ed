"""The time driver: `time.find_window` and `time.check_window`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laneway.core.instants import Instant
from laneway.core.model import Lane
from laneway.drivers.time.driver import TimeDriver
from laneway.drivers.time.windows import Opening, Window, WindowInvalid, next_opening
from laneway.ports.driver import ActionFailed, ActionResult
from laneway.testing.action_context import FakeContext

THURSDAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
NIGHT = Window(opens="22:00", closes="02:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def found(*windows: Window, now: datetime = THURSDAY, minutes: int = 0) -> tuple[str, str] | None:
    opening = next_opening(windows, now, timedelta(minutes=minutes))
    if opening is None:
        return None
    return opening.opens.isoformat(timespec="minutes"), opening.closes.isoformat(timespec="minutes")


async def run(action_id: str, *windows: dict[str, Any], **given: Any) -> ActionResult:
    now = given.pop("now", "2026-01-01T12:00:00.000Z")
    record = {"maintenance": {"windows": list(windows)}} if windows else {}
    context = FakeContext(Lane("odoo", "cm", "prod"), record, parameters=given, now=Instant(now))
    actions = {action.spec.action_id: action for action in TimeDriver().actions()}
    return await actions[action_id].run(context)


def code(result: ActionResult) -> str:
    assert result.failure is not None
    return result.failure.code


def test_the_next_night_is_found():
    assert found(NIGHT) == ("2026-01-01T22:00+00:00", "2026-01-02T02:00+00:00")


def test_a_night_that_began_yesterday_is_open_still_from_now_on():
    now = at("2026-01-02T01:00:00Z")
    assert found(NIGHT, now=now) == ("2026-01-02T01:00+00:00", "2026-01-02T02:00+00:00")


def test_what_is_left_of_a_night_may_be_too_short():
    now = at("2026-01-02T01:00:00Z")
    assert found(NIGHT, now=now, minutes=60) == ("2026-01-02T01:00+00:00", "2026-01-02T02:00+00:00")
    assert found(NIGHT, now=now, minutes=61) == ("2026-01-02T22:00+00:00", "2026-01-03T02:00+00:00")
    assert found(NIGHT, now=now, minutes=241) is None


def test_the_moment_that_a_window_closes_is_not_in_it():
    now = at("2026-01-02T02:00:00Z")
    assert found(NIGHT, now=now, minutes=1) == ("2026-01-02T22:00+00:00", "2026-01-03T02:00+00:00")


def test_days_are_those_on_which_it_opens():
    sunday = Window(opens="22:00", closes="02:00", days=("sun",))
    assert found(sunday) == ("2026-01-04T22:00+00:00", "2026-01-05T02:00+00:00")
    monday = at("2026-01-05T01:00:00Z")
    assert found(sunday, now=monday) == ("2026-01-05T01:00+00:00", "2026-01-05T02:00+00:00")
    assert found(sunday, now=at("2026-01-05T03:00:00Z")) == (
        "2026-01-11T22:00+00:00",
        "2026-01-12T02:00+00:00",
    )


def test_of_several_windows_the_first_counts():
    noon = Window(opens="12:30", closes="13:30")
    assert found(NIGHT, noon) == ("2026-01-01T12:30+00:00", "2026-01-01T13:30+00:00")
    assert found(NIGHT, noon, minutes=90) == ("2026-01-01T22:00+00:00", "2026-01-02T02:00+00:00")
    assert found() is None


def test_a_window_whose_hours_are_the_same_is_a_whole_day():
    always = Window(opens="00:00", closes="00:00")
    assert found(always) == ("2026-01-01T12:00+00:00", "2026-01-02T00:00+00:00")


def test_a_window_keeps_its_hour_when_clocks_are_changed():
    berlin = Window(opens="22:00", closes="23:00", timezone="Europe/Berlin")
    winter, summer = at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z")
    assert found(berlin, now=winter) == ("2026-03-28T21:00+00:00", "2026-03-28T22:00+00:00")
    assert found(berlin, now=summer) == ("2026-03-29T20:00+00:00", "2026-03-29T21:00+00:00")


@pytest.mark.parametrize(
    "window",
    [
        Window(opens="24:00", closes="01:00"),
        Window(opens="2:00", closes="03:00"),
        Window(opens="02:00", closes="soon"),
        Window(opens="02:00", closes="03:00", days=("someday",)),
        Window(opens="02:00", closes="03:00", timezone="Europe/Atlantis"),
        Window(opens="02:00", closes="03:00", timezone="../etc/passwd"),
    ],
)
def test_what_is_no_window_is_refused(window: Window):
    with pytest.raises(WindowInvalid):
        next_opening((window,), THURSDAY, timedelta())


def test_openings_are_in_the_order_of_time():
    later = Opening(THURSDAY + timedelta(hours=1), THURSDAY + timedelta(hours=2))
    assert Opening(THURSDAY, THURSDAY + timedelta(hours=5)) < later


async def test_a_window_is_told_as_instants():
    done = await run("time.find_window", {"from": "22:00", "to": "02:00"}, least_minutes=60)
    assert done.evidence == {
        "opens": "2026-01-01T22:00:00.000Z",
        "closes": "2026-01-02T02:00:00.000Z",
    }


async def test_who_asks_may_say_before_when_not():
    night = {"from": "22:00", "to": "02:00"}
    later = await run("time.find_window", night, not_before="2026-01-03T00:30:00+01:00")
    assert later.evidence["opens"] == "2026-01-02T23:30:00.000Z"
    past = await run("time.find_window", night, not_before="2020-01-01T00:00:00Z")
    assert past.evidence["opens"] == "2026-01-01T22:00:00.000Z"
    with pytest.raises(ActionFailed) as raised:
        await run("time.find_window", night, not_before="tomorrow")
    assert raised.value.failure.code == "parameters_invalid"


async def test_a_lane_without_a_window_that_is_long_enough_has_none():
    assert code(await run("time.find_window")) == "window_not_configured"
    short = await run("time.find_window", {"from": "01:00", "to": "01:30"}, least_minutes=45)
    assert (short.outcome, code(short)) == ("none", "window_not_configured")


@pytest.mark.parametrize(
    "window", [{"from": "25:00", "to": "01:00"}, {"from": 2, "to": 3}, {"to": "02:00"}]
)
async def test_a_record_that_cannot_be_used_is_said_so(window: dict[str, Any]):
    with pytest.raises(ActionFailed) as raised:
        await run("time.find_window", window)
    assert raised.value.failure.code == "target_invalid"


WINDOW = {"opens": "2026-01-01T11:00:00Z", "closes": "2026-01-01T13:00:00Z"}


async def test_a_window_that_is_open_passes_and_proves_no_more_than_that():
    done = await run("time.check_window", **WINDOW, least_minutes=60)
    assert (done.outcome, done.evidence, done.proof) == ("pass", {"minutes_left": 60}, WINDOW)


@pytest.mark.parametrize(
    ("now", "minutes", "wanted"),
    [
        ("2026-01-01T10:59:59.999Z", 0, "window_not_open"),
        ("2026-01-01T13:00:00.000Z", 0, "window_closed"),
        ("2026-01-01T12:00:00.001Z", 60, "window_closed"),
        ("2026-01-02T12:00:00.000Z", 0, "window_closed"),
    ],
)
async def test_one_that_is_not_is_closed(now: str, minutes: int, wanted: str):
    done = await run("time.check_window", **WINDOW, least_minutes=minutes, now=now)
    assert (done.outcome, code(done)) == ("closed", wanted)


async def test_a_dry_run_has_waited_for_nothing_and_skips_the_check():
    done = await run("time.check_window", **WINDOW, required=False, now="2026-01-09T00:00:00.000Z")
    assert (done.outcome, done.evidence) == ("pass", {"skipped": True})
