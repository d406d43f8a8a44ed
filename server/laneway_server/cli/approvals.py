"""Who decided on an operation's approvals, when and why, as its events tell it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from laneway_server.client.snapshots import Event, Snapshot, event

from .lines import line
from .tellings import Story

if TYPE_CHECKING:
    from laneway_server.client import LanewayClient

_ASKED = "approval_requested"
_DECIDED = ("approval_decided", "approval_revoked")


async def history(
    client: "LanewayClient", operation: Snapshot, now: Callable[[], datetime]
) -> list[Text]:
    """A line for each time that people were asked, decided, or took that back.

    The operation itself shows only what stands: not what was taken back, nor what was decided
    before a proof changed. There are no lines where nobody has decided anything.
    """
    if all(phase.approval is None for phase in operation.phases):
        return []
    told = [each async for each in _events(client, operation) if each.type in (_ASKED, *_DECIDED)]
    if not any(each.type in _DECIDED for each in told):
        return []
    story = Story(now)
    story.operation = operation
    said = ((each.at, story.line(each)) for each in told)
    return [line(at, *words) for at, words in said if words is not None]


async def _events(client: "LanewayClient", operation: Snapshot) -> AsyncIterator[Event]:
    """The events that made the operation what it is."""
    seq = 0
    while seq < operation.seq:
        page = (await client.events(operation.id, seq)).events
        if not page:
            return
        for raw in page:
            told = event(bytes(raw).decode())
            seq = told.seq
            yield told
