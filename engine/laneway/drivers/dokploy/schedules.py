"""The schedules that Laneway keeps in Dokploy: manual only, one for each kind of work and lane.

A schedule of type ``server`` or ``dokploy-server`` executes its ``script`` on a host; its
``command`` is never run there, and only says what it is. The panel puts ``appName`` into shell
commands of its own, so what it is made of is checked here.
"""

import re
from typing import Any

import msgspec

from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.dokploy.models import Schedule
from laneway.drivers.target import DokployTarget, TargetRecord
from laneway.ports.driver import ActionFailed

MANUAL_ONLY = "0 0 31 2 *"
"""The thirty-first of February: a schedule that only people and drivers run."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OWN_HOST = "dokploy-server"


class WantedSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it is to be.

    Attributes:
        name: together with ``app_name`` it is how the schedule is found again.
        summary: what people read in the panel.
        script: what a run executes.
    """

    name: str
    app_name: str
    summary: str
    script: str
    target: DokployTarget

    @property
    def schedule_type(self) -> str:
        """Where its script is executed."""
        return self.target.host_schedule_type

    def fields(self) -> dict[str, Any]:
        """The schedule as ``schedule.create`` takes it; there is no secret in it."""
        target = self.target
        fields: dict[str, Any] = {
            "name": self.name,
            "appName": self.app_name,
            "cronExpression": MANUAL_ONLY,
            "enabled": False,
            "shellType": "bash",
            "scheduleType": target.host_schedule_type,
            "command": self.summary,
            "script": self.script,
            "timezone": "UTC",
        }
        if target.host_schedule_type == "server":
            fields["serverId"] = target.server_id
        elif target.user_id is not None:
            fields["userId"] = target.user_id
        return fields


class ExistingSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that people look after: it is run as it is. Its command knows no marker."""

    schedule_id: str
    name: str
    app_name: str
    schedule_type: str


def app_name(record: TargetRecord, suffix: str) -> str:
    """``platform-{context}-{instance}-{suffix}``.

    Raises:
        ActionFailed: the lane's names hold what may not get into a shell; code ``target_invalid``.
    """
    for word in (record.context, record.instance):
        if _WORD.fullmatch(word) is None:
            message = f"{word!r} cannot be part of a schedule's name: use letters, digits, . _ -"
            raise ActionFailed("target_invalid", message, retry_class="invalid")
    return f"platform-{record.context}-{record.instance}-{suffix}"


async def find(client: DokployClient, wanted: WantedSchedule) -> Schedule | None:
    """The schedule with that name and appName, the oldest where there are several."""
    target = wanted.target
    listed = await client.schedules(_owner(target), target.host_schedule_type)
    return next(
        (row for row in listed if (row.name, row.app_name) == (wanted.name, wanted.app_name)), None
    )


async def upsert(client: DokployClient, wanted: WantedSchedule) -> Schedule:
    """Make the schedule be as it is wanted."""
    found = await find(client, wanted)
    if found is None:
        return await client.create_schedule(wanted.fields())
    await client.update_schedule(found.schedule_id, wanted.fields())
    return found


async def existing(client: DokployClient, target: DokployTarget, name: str) -> ExistingSchedule:
    """The schedule that the record calls so, if it is live, has its name and is the target's.

    Args:
        name: a key of the record's ``schedules``.

    Raises:
        ActionFailed: it is not, or the panel did not answer; nothing was done.
    """
    recorded = target.schedules.get(name)
    if recorded is None:
        raise _unfit("schedule_unknown", f"the lane's record names no schedule {name!r}")
    live = await client.schedule(recorded.schedule_id)
    if live.name != recorded.name:
        message = f"schedule {name!r} is called {live.name!r}, and the record says"
        raise _unfit("schedule_mismatch", f"{message} {recorded.name!r}")
    if not _of_target(live, target):
        raise _unfit("schedule_mismatch", f"schedule {name!r} does not belong to the lane's target")
    return ExistingSchedule(
        schedule_id=live.schedule_id,
        name=live.name,
        app_name=live.app_name,
        schedule_type=live.schedule_type,
    )


def _of_target(live: Schedule, target: DokployTarget) -> bool:
    match live.schedule_type:
        case "compose":
            return live.compose_id == target.compose_id
        case "server":
            return live.server_id is not None and live.server_id == target.server_id
        case kind:
            return kind == _OWN_HOST and target.server_id is None


def _unfit(code: str, message: str) -> ActionFailed:
    return ActionFailed(code, f"nothing was done: {message}", retry_class="invalid")


def _owner(target: DokployTarget) -> str:
    """What ``schedule.list`` calls ``id``; panels from 0.29.7 on ignore it for their own host."""
    if target.host_schedule_type == "server":
        return target.server_id or ""
    return target.user_id or _OWN_HOST
