"""What has changed in a plan's frame: lane, request, deadline, retention."""

from collections.abc import Iterator, Mapping
from typing import Any

from laneway.core.model import LaneMode, Plan, Repeat
from laneway.core.names import listed

from .change import Bearing, Change, about, length, more_is
from .matching import Pair

_tell = about()


def frame_changes(pair: Pair) -> Iterator[Change]:
    """The changes that are in no phase."""
    old, new = pair.old, pair.new
    if (old.title, old.description) != (new.title, new.description):
        yield _tell("title", Bearing.NEUTRAL, "the title or the description")
    if pair.name_now(old.start) != new.start:
        yield _tell("start", Bearing.NEUTRAL, f"starts with {new.start}, not with {old.start}")
    yield from _lane(old, new)
    yield from _deadline(pair)
    yield from _retention(old, new)
    yield from _request(old, new)


def _lane(old: Plan, new: Plan) -> Iterator[Change]:
    was, now = old.lane, new.lane
    if was.mode != now.mode:
        shared = now.mode is LaneMode.SHARED
        bearing = Bearing.DANGEROUS if shared else Bearing.STRICTER
        yield _tell("lane_mode", bearing, f"the lane is {now.mode}, not {was.mode}")
    if was.repeat != now.repeat:
        allowed = now.repeat is Repeat.ALLOW
        bearing = Bearing.DANGEROUS if allowed else Bearing.STRICTER
        more = "it can destroy again without naming the last operation that did"
        less = "to destroy again, the last operation that did must be named"
        yield _tell("repeat", bearing, more if allowed else less)
    if was.when_busy != now.when_busy:
        told = f"a submission for a busy lane: {now.when_busy}, not {was.when_busy}"
        yield _tell("when_busy", Bearing.NEUTRAL, told)
    if was.queue_limit != now.queue_limit:
        told = f"{now.queue_limit} may wait for a lane, not {was.queue_limit}"
        yield _tell("queue_limit", Bearing.NEUTRAL, told)


def _deadline(pair: Pair) -> Iterator[Change]:
    old, new = pair.old, pair.new
    if old.deadline != new.deadline:
        told = f"the deadline is {length(new.deadline)}, not {length(old.deadline)}"
        yield _tell("deadline", more_is(True, old.deadline, new.deadline), told)
    was = None if old.on_deadline is None else pair.name_now(old.on_deadline)
    if was == new.on_deadline:
        return
    if new.on_deadline is None:
        told = f"nothing is done when the deadline passes; it was {was}"
        yield _tell("on_deadline", Bearing.DANGEROUS, told)
    else:
        told = f"the deadline leads to {new.on_deadline}, not to {was or 'the end'}"
        yield _tell("on_deadline", Bearing.NEUTRAL, told)


def _retention(old: Plan, new: Plan) -> Iterator[Change]:
    was, now = old.retention, new.retention
    if was.keep_days != now.keep_days:
        told = f"operations are kept {now.keep_days} days, not {was.keep_days}"
        yield _tell("keep_days", more_is(False, was.keep_days, now.keep_days), told)
    if was.keep_last != now.keep_last:
        told = f"the newest {now.keep_last} of a lane are kept in any case, not {was.keep_last}"
        yield _tell("keep_last", more_is(False, was.keep_last, now.keep_last), told)


# --- the request ---------------------------------------------------------------------------------


def _request(old: Plan, new: Plan) -> Iterator[Change]:
    was, now = old.request_schema, new.request_schema
    before, after = _properties(was), _properties(now)
    for name in (name for name in after if name not in before):
        required = name in now.get("required", ())
        bearing = Bearing.STRICTER if required else Bearing.LOOSER
        word = "must" if required else "may"
        yield _tell("request_added", bearing, f"a request {word} carry {name}")
    for name in (name for name in before if name not in after):
        yield _tell("request_removed", Bearing.STRICTER, f"a request carries no {name} any more")
    for name in (name for name in before if name in after):
        yield from _property(name, was, now)
    yield from _closed(was, now)


def _property(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    before, after = name in was.get("required", ()), name in now.get("required", ())
    if before != after:
        bearing = Bearing.STRICTER if after else Bearing.LOOSER
        told = f"a request {'must' if after else 'need not'} carry {name}"
        yield _tell("request_required", bearing, told)
    one, other = _properties(was)[name], _properties(now)[name]
    if one != other and isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
        told = f"what {name} in a request is: {listed(keys, 'and')}"
        yield _tell("request_property", Bearing.NEUTRAL, told)


def _closed(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    before, after = was.get("additionalProperties", True), now.get("additionalProperties", True)
    if was and now and before != after:
        bearing = Bearing.STRICTER if after is False else Bearing.LOOSER
        word = "nothing" if after is False else "also"
        yield _tell("request_open", bearing, f"a request may carry {word} what is not named")


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties", {})
    return found if isinstance(found, Mapping) else {}
