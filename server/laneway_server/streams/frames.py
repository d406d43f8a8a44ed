"""Events as bytes: each is encoded once, when somebody first needs it, and shared from then on."""

from functools import cached_property

import msgspec

from laneway.core.chain import to_wire
from laneway.core.events import OperationFinished, Recorded, event_type

RETRY = b"retry: 2000\n\n"
"""How long a client waits (ms) before it comes back."""

SILENCE = b": nothing new\n\n"
GOODBYE = b": the server is about to stop; come back\nretry: 2000\n\n"


class Encoded:
    """An event and its JSON."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded

    @cached_property
    def json(self) -> bytes:
        """The event as JSON, on one line."""
        return msgspec.json.encode(to_wire(self.recorded))


class Frame:
    """An event at its place in a topic. ``cursor`` is its seq, or its position among all events."""

    def __init__(self, cursor: int, encoded: Encoded) -> None:
        self.cursor = cursor
        self.encoded = encoded

    @cached_property
    def sse(self) -> bytes:
        """The event as a server-sent event."""
        kind = event_type(self.encoded.recorded.event).encode()
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.cursor, kind, self.encoded.json)

    @property
    def terminal(self) -> bool:
        """Whether it is the last event of its operation."""
        return isinstance(self.encoded.recorded.event, OperationFinished)


def end(recorded: Recorded) -> bytes:
    """What follows an operation's terminal event: that nothing more will come."""
    event = recorded.event
    status = event.status.value if isinstance(event, OperationFinished) else ""
    said = {"operation_id": recorded.operation_id, "seq": recorded.seq, "status": status}
    return b"event: end\ndata: %s\n\n" % msgspec.json.encode(said)
