"""Following an operation to its end, whatever happens to the connection on the way.

The answer is always a snapshot that says that the operation has ended (or cannot go on without a
person). A stream that ends is no answer, however cleanly it ends: proxies and restarts end streams.

Some proxies break every stream: they hold it back until it is over, answer 502, or cut it in the
middle. Where streams lead nowhere, and the server is there, it is asked again and again instead
(long-polling); that gives the same events.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol

from .patience import Attempt, LostContact, Patience
from .problems import NoContact, Refused
from .snapshots import TERMINAL_EVENT, Event, Snapshot, event, snapshot
from .sse import Message, Parser, StreamInvalid

if TYPE_CHECKING:
    from .client import LanewayClient


END = "end"
"""The event with which the server closes the stream of an operation that is over."""

QUIET = 5.0
"""Seconds of a silent stream after which the server is asked whether there is news."""

FRUITLESS = 3
"""Streams in a row that brought no event, after which there are no more streams."""

LONGEST_WAIT = 25.0
"""Seconds that one long-poll waits; proxies commonly give up after 30."""

SHORTEST_WAIT = 1.0


class Observer(Protocol):
    """Who is told while an operation is followed."""

    def changed(self, now: Snapshot) -> None:
        """The operation was read; told before the events that led to it."""
        ...

    def happened(self, event: Event, raw: str) -> None:
        """The next event, exactly once each and in order; ``raw`` is its JSON."""
        ...

    def waiting(self, attempt: Attempt | None) -> None:
        """The server is away and will be asked again; None: it is back."""
        ...


class Follower:
    """Follows one operation.

    Args:
        client: of the server that has it.
        operation: its id.
        patience: for how long the server may be away.
        observer: who is told.
        after: the seq after which events are told; None: only what is still to come.
        quiet: seconds of a silent stream after which the server is asked for news.
    """

    def __init__(
        self,
        client: "LanewayClient",
        operation: str,
        patience: Patience,
        observer: Observer,
        after: int | None = None,
        *,
        quiet: float = QUIET,
    ) -> None:
        self._client = client
        self._operation = operation
        self._patience = patience
        self._observer = observer
        self._seq = after
        self._quiet = quiet
        self._away = False
        self._closed = False
        self._fruitless = 0
        self._wait = LONGEST_WAIT
        self.last: Snapshot | None = None

    @property
    def polling(self) -> bool:
        """Whether streams were given up."""
        return self._fruitless >= FRUITLESS

    async def follow(self) -> Snapshot:
        """Return the operation once it has ended, or needs a person to say what became of it.

        Raises:
            Refused: the server will not show the operation.
            LostContact: the server was away for too long.
        """
        while True:
            try:
                now = await self._read()
                if _finished(now) and (self._told >= now.seq or self._closed):
                    return now
                await (self._poll() if self.polling else self._listen())
            except (NoContact, StreamInvalid) as error:
                cause = error if isinstance(error, NoContact) else NoContact(str(error))
                if await self._given_up(cause):
                    assert self.last is not None
                    return self.last
            except Refused as refused:
                if not refused.transient and not self._skipped(refused):
                    raise
                await self._wait_for(refused)

    async def _read(self) -> Snapshot:
        now = snapshot(await self._client.operation(self._operation))
        self.last = now
        if self._seq is None:
            self._seq = now.seq
        if not _finished(now):
            self._patience.reached()
        self._observer.changed(now)
        return now

    # --- a stream --------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Take one connection's events, until the operation or the connection is over."""
        before = self._told
        self._fruitless += 1
        try:
            await self._guarded(asyncio.ensure_future(self._stream()))
        finally:
            if self._told > before:
                self._fruitless = 0

    async def _guarded(self, streaming: "asyncio.Future[None]") -> None:
        """Wait for a stream's end, and look after it as long as it says nothing."""
        try:
            while not streaming.done():
                told = self._told
                await asyncio.wait({streaming}, timeout=self._quiet)
                if not streaming.done() and self._told == told and await self._held_back():
                    self._fruitless = FRUITLESS
                    return
            streaming.result()
        finally:
            streaming.cancel()
            await asyncio.gather(streaming, return_exceptions=True)

    async def _held_back(self) -> bool:
        """Whether there are events that the stream should have brought."""
        after = self._told
        try:
            page = await self._client.events(self._operation, after)
        except (NoContact, Refused):
            return False  # what that means, the stream will say, or the next one
        return bool(page.events) and self._told == after

    async def _stream(self) -> None:
        parser = Parser()
        async with self._client.stream(self._operation, self._told) as chunks:
            if chunks is None:
                return self._close()
            async for chunk in chunks:
                messages = parser.feed(chunk)
                self._back()
                self._patience.wants(parser.retry)
                for message in messages:
                    if await self._take(message):
                        return None
        raise NoContact("the stream ended before the operation did")

    async def _take(self, message: Message) -> bool:
        """Tell what a message says; True where no more is to be read."""
        if message.event == END:
            self._close()
            return True
        if not message.id.isdecimal() or int(message.id) <= self._told:
            return False
        return await self._tell(message.data)

    # --- long-polling ----------------------------------------------------------------------------

    async def _poll(self) -> None:
        """Wait for the next events, and tell them."""
        try:
            page = await self._client.events(self._operation, self._told, self._wait)
        except NoContact:
            # What is in between may not let an answer wait for as long as that.
            self._wait = max(SHORTEST_WAIT, self._wait / 2)
            raise
        self._back()
        for raw in page.events:
            if await self._tell(bytes(raw).decode("utf-8", "replace")):
                return
        if page.end:
            self._close()

    # --- either ----------------------------------------------------------------------------------

    def _close(self) -> None:
        """The server says that there are no more events: it has to be right about that."""
        if self.last is None or not self.last.ended:
            raise NoContact("the server closed the stream before the operation ended")
        self._closed = True

    async def _tell(self, raw: str) -> bool:
        """Tell an event; True where no more is to be read."""
        found = event(raw)
        if found.seq != self._told + 1:
            raise NoContact(f"event {self._told + 1} is missing from the stream")
        if self.last is None or found.seq > self.last.seq:
            await self._read()
        self._seq = found.seq
        self._observer.happened(found, raw)
        return found.type == TERMINAL_EVENT or self._stands()

    def _stands(self) -> bool:
        """Whether it cannot go on by itself, and everything about that is told."""
        assert self.last is not None
        return _finished(self.last) and self._told >= self.last.seq

    @property
    def _told(self) -> int:
        return self._seq or 0

    def _back(self) -> None:
        if self.last is None or not _finished(self.last):
            self._patience.satisfied()
        if self._away:
            self._away = False
            self._observer.waiting(None)

    def _skipped(self, refused: Refused) -> bool:
        """Whether events are gone from the server, and those that are left will do."""
        if refused.status != 410 or self.last is None or self._told >= self.last.seq:
            return False
        self._seq = self.last.seq
        return True

    async def _given_up(self, cause: NoContact) -> bool:
        """Wait to ask again; True where that is over and the end of the operation is known."""
        try:
            await self._wait_for(cause)
        except LostContact:
            if self.last is None or not self.last.ended:
                raise
            return True
        return False

    async def _wait_for(self, cause: NoContact | Refused) -> None:
        attempt = self._patience.next(cause)
        self._away = True
        self._observer.waiting(attempt)
        await self._patience.sit_out(attempt)


def _finished(now: Snapshot) -> bool:
    return now.ended or now.status == "reconciliation_required"
