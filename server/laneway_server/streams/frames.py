"""Events as bytes: each is encoded once, when somebody first needs it, and shared from then on."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from laneway.core.chain import wire_text
from laneway.core.envelope import Recorded
from laneway.core.events import OperationFinished, event_type
from laneway_server.access.visibility import Sight

RETRY = b"retry: 2000\n\n"
"""How long a client waits (ms) before it comes back."""

SILENCE = b": nothing new\n\n"
GOODBYE = b": the server is about to stop; come back\nretry: 2000\n\n"


def begins_at(cursor: int) -> bytes:
    """`RETRY`, and where the stream begins: an id without an event, for a client to resume from."""
    return b"retry: 2000\nid: %d\n\n" % cursor


def chunk(content: bytes) -> bytes:
    """Bytes as a chunk of a response that is chunked (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(content), content)


class Sendable(Protocol):
    """Something that is sent to many."""

    @property
    def sse(self) -> bytes:
        """As it is in the stream."""
        ...

    @property
    def chunk(self) -> bytes:
        """The same, as one chunk of a response."""
        ...


class _Silent:
    sse = SILENCE
    chunk = chunk(SILENCE)


SILENT: Sendable = _Silent()
"""`SILENCE`, for those who take it without being woken."""


class Encoded:
    """An event and its JSON."""

    __slots__ = ("_json", "recorded")

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self._json = b""

    @property
    def json(self) -> bytes:
        """The event as JSON, on one line."""
        if not self._json:
            self._json = wire_text(self.recorded).encode()
        return self._json


class Frame:
    """An event at its place in a topic. ``cursor`` is its seq, or its position among all events."""

    __slots__ = ("_sse", "cursor", "encoded")

    def __init__(self, cursor: int, encoded: Encoded) -> None:
        self.cursor = cursor
        self.encoded = encoded
        self._sse = b""

    @property
    def sse(self) -> bytes:
        """The event as a server-sent event."""
        if not self._sse:
            kind = event_type(self.encoded.recorded.event).encode()
            self._sse = b"id: %d\nevent: %s\ndata: %s\n\n" % (self.cursor, kind, self.encoded.json)
        return self._sse

    @property
    def terminal(self) -> bool:
        """Whether it is the last event of its operation."""
        return isinstance(self.encoded.recorded.event, OperationFinished)


class Span:
    """Frames that follow one another, joined once for everybody who is sent all of them.

    Attributes:
        last: the cursor of the last.
        terminal: it ends with the last event of an operation.
    """

    __slots__ = ("_chunk", "_seen", "frames", "last", "terminal")

    def __init__(self, frames: Sequence[Frame], last: int) -> None:
        self.frames = frames
        self.last = last
        self.terminal = bool(frames) and frames[-1].terminal
        self._chunk = b""
        self._seen: dict[Sight, Span | None] = {}

    @property
    def sse(self) -> bytes:
        """The frames as server-sent events."""
        if len(self.frames) == 1:
            return self.frames[0].sse
        return b"".join([frame.sse for frame in self.frames])

    @property
    def chunk(self) -> bytes:
        """The same, as one chunk of a response."""
        if not self._chunk:
            self._chunk = chunk(self.sse)
        return self._chunk

    @property
    def operations(self) -> set[str]:
        """Whose events they are."""
        return {frame.encoded.recorded.operation_id for frame in self.frames}

    def seen_by(self, sight: Sight) -> "Span | None":
        """What somebody may see of it; None where that is not known without asking the store.

        All who have the same rights share the answer, for as long as the span is being sent.
        """
        try:
            return self._seen[sight]
        except KeyError:
            answers = {each: sight.known(each) for each in self.operations}
            seen = self._seen[sight] = None if None in answers.values() else self.only(answers)
            return seen

    def only(self, seen: Mapping[str, bool | None]) -> "Span":
        """The frames of those operations only that may be seen."""
        if False not in seen.values():
            return self
        shown = [each for each in self.frames if seen[each.encoded.recorded.operation_id]]
        return Span(shown, self.last)


def end(recorded: Recorded) -> bytes:
    """What follows an operation's terminal event: that nothing more will come."""
    event = recorded.event
    status = event.status.value if isinstance(event, OperationFinished) else ""
    said = {"operation_id": recorded.operation_id, "seq": recorded.seq, "status": status}
    return b"event: end\ndata: %s\n\n" % msgspec.json.encode(said)
