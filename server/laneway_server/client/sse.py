"""Server-sent events, read from bytes as they come in (the WHATWG HTML standard, section 9.2.6)."""

import msgspec

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one line that are waited for; an event is one line of JSON."""


class StreamInvalid(Exception):
    """The bytes are no event stream that this reader takes."""


class Message(msgspec.Struct, frozen=True):
    """One event of a stream. ``id`` is the last id that the stream has named so far."""

    id: str
    event: str
    data: str


class Parser:
    """Turns chunks of a stream into messages.

    Attributes:
        retry: milliseconds after which the server wants to be asked again, or None.
        last_id: the last id that the stream named.
    """

    def __init__(self) -> None:
        self.retry: int | None = None
        self.last_id = ""
        self._rest = b""
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[Message]:
        """Take the next bytes, and give the messages that they complete.

        Raises:
            StreamInvalid: a line is longer than `LONGEST_LINE`.
        """
        # A carriage return at the end may be half of a line's end: it waits for the next chunk.
        text = self._rest + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        lines = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = lines.split(b"\n")
        self._rest = rest + held
        if len(self._rest) > LONGEST_LINE:
            raise StreamInvalid(f"a line of the stream is longer than {LONGEST_LINE} bytes")
        found = (self._line(line.decode("utf-8", "replace")) for line in whole)
        return [message for message in found if message is not None]

    def _line(self, line: str) -> Message | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)

    def _dispatch(self) -> Message | None:
        event, data = self._event or "message", self._data
        self._event, self._data = "", []
        return Message(self.last_id, event, "\n".join(data)) if data else None
