"""The client: every call of the API, and following an operation to its end."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from .connection import Answer, Connection
from .download import download
from .follow import QUIET, Follower, Observer
from .patience import Attempt, Patience, insist
from .snapshots import Event, EventPage, Snapshot, snapshot
from .surroundings import REAL, Surroundings
from .tokens import TokenProvider, nobody

PATIENCE = 60.0
"""Seconds that a server may be away before contact with it counts as lost."""


class LanewayClient:
    """Calls one server. Used as a context, which holds the connections.

    Every call raises `Refused` where the server said no, `NoContact` where it was not reached, and
    `TokenUnavailable` where there is no token to call it with. What waits for an operation's end
    (`watch`, `wait`, `run`) keeps asking instead, and raises `LostContact` when it gives up.

    Args:
        url: the server's address, such as ``https://laneway.example``.
        token: gives the bearer token, anew for each connection; see `tokens`.
        patience: seconds that the server may be away before contact counts as lost.
        quiet: seconds of a silent stream after which the server is asked whether there is news.
        around: time and chance.
    """

    def __init__(
        self,
        url: str,
        token: TokenProvider = nobody,
        *,
        patience: float = PATIENCE,
        quiet: float = QUIET,
        around: Surroundings = REAL,
    ) -> None:
        self._connection = Connection(url, token)
        self._quiet = quiet
        self._limit = patience
        self._around = around

    async def __aenter__(self) -> Self:
        await self._connection.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    @property
    def server(self) -> str:
        """The server's address."""
        return self._connection.server

    @property
    def ahead(self) -> timedelta:
        """How much the server's clock is ahead of this one; see `Connection`."""
        return self._connection.ahead

    # --- making operations -----------------------------------------------------------------------

    async def submit(self, body: Mapping[str, Any], key: str) -> Answer:
        """Submit an operation: ``{plan, lane, request, …}``, under an idempotency key."""
        return await self._call("POST", "/v1/operations", body, {"Idempotency-Key": key})

    async def retry(self, operation: str, body: Mapping[str, Any], key: str) -> Answer:
        """Make an operation that takes another one up again; ``body`` is ``{reason}``."""
        path = f"{_operation(operation)}/retry"
        return await self._call("POST", path, body, {"Idempotency-Key": key})

    async def run(self, body: Mapping[str, Any], key: str) -> Snapshot:
        """Submit, until that is answered, and wait for the operation's end."""
        limit = self.patience()
        answer = await insist(lambda: self.submit(body, key), limit)
        return await self.follow(snapshot(answer.document).id, limit)

    # --- looking ---------------------------------------------------------------------------------

    async def operation(self, operation: str) -> Any:
        """An operation as it is now."""
        return (await self._call("GET", _operation(operation))).document

    async def operations(self, filters: Mapping[str, str]) -> Any:
        """A page of the list of operations."""
        return (await self._call("GET", "/v1/operations", query=filters)).document

    async def events(self, operation: str, after: int = 0, wait: float = 0.0) -> EventPage:
        """Some of the events after a seq; waits up to so many seconds where there are none."""
        query = {"after": str(after), "wait": f"{int(wait * 1_000)}ms"}
        path = f"{_operation(operation)}/events"
        answer = await self._connection.call("GET", path, query=query, wait=wait, form=EventPage)
        page: EventPage = answer.document or EventPage()
        return page

    @contextlib.asynccontextmanager
    async def stream(
        self, operation: str, after: int
    ) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """The events after a seq, as bytes of an event stream; None where there will be no more."""
        path, headers = f"{_operation(operation)}/events", {"Last-Event-ID": str(after)}
        async with self._connection.stream(path, headers) as chunks:
            yield chunks

    async def watch(self, operation: str, after: int = 0) -> AsyncGenerator[Event, None]:
        """The events after a seq, each once and in order, as they happen.

        It ends when the operation has ended, or when it cannot go on until a person says what
        became of an action (``reconciliation_required``); read `operation` to know which.

        Raises:
            LostContact: the server was away for too long; the operation goes on.
        """
        told: asyncio.Queue[Event | None] = asyncio.Queue()
        following = asyncio.create_task(self.follow(operation, None, _Teller(told), after))
        following.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (event := await told.get()) is not None:
                yield event
            await following
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def wait(self, operation: str) -> Snapshot:
        """The operation, once it has ended or needs a person; see `watch`."""
        return await self.follow(operation)

    async def follow(
        self,
        operation: str,
        patience: Patience | None = None,
        observer: Observer | None = None,
        after: int | None = None,
    ) -> Snapshot:
        """Follow an operation to its end, telling an observer; see `Follower`."""
        limit, told = patience or self.patience(), observer or _Nobody()
        follower = Follower(self, operation, limit, told, after, quiet=self._quiet)
        return await follower.follow()

    async def evidence(self, operation: str, file: Path, query: Mapping[str, str]) -> Path:
        """Load an operation's evidence bundle down into a file; whole, or not at all."""
        path = f"{_operation(operation)}/evidence"
        return await download(self._connection, path, query, file)

    async def artifact(
        self,
        operation: str,
        name: str,
        file: Path,
        phase: str | None = None,
        attempt: int | None = None,
    ) -> Path:
        """Load one of an operation's artifacts down into a file; whole, or not at all.

        Args:
            operation: its id.
            name: the artifact's.
            file: where it goes.
            phase: whose artifact; None: of whichever phase left one last.
            attempt: of that phase; None: the one that the operation shows.
        """
        path = f"{_operation(operation)}/artifacts/{_part(name)}"
        asked = {"phase": phase, "attempt": attempt}
        query = {key: str(value) for key, value in asked.items() if value is not None}
        return await download(self._connection, path, query, file)

    # --- telling ---------------------------------------------------------------------------------

    async def tell(self, operation: str, verb: str, body: Mapping[str, Any]) -> Any:
        """Do something to an operation; ``verb`` is the last part of the path."""
        return (await self._call("POST", f"{_operation(operation)}/{verb}", body)).document

    async def cancel(self, operation: str, reason: str = "") -> Any:
        """Cancel an operation, where its plan still allows that."""
        return await self.tell(operation, "cancel", {"reason": reason})

    async def pause(self, operation: str, reason: str = "") -> Any:
        """Let an operation stop before its next phase."""
        return await self.tell(operation, "pause", {"reason": reason})

    async def resume(self, operation: str) -> Any:
        """Let a paused operation go on."""
        return await self.tell(operation, "resume", {})

    async def decide(
        self,
        operation: str,
        decision: Literal["approve", "reject", "revoke"],
        phase: str,
        digest: str,
        comment: str = "",
    ) -> Any:
        """Decide on an approval, or take that back; ``digest`` is what was shown."""
        body = {"phase": phase, "decision": decision, "digest": digest, "comment": comment}
        return await self.tell(operation, "approvals", body)

    async def approve(self, operation: str, phase: str, digest: str, comment: str = "") -> Any:
        """Approve what an operation waits for."""
        return await self.decide(operation, "approve", phase, digest, comment)

    async def reject(self, operation: str, phase: str, digest: str, comment: str = "") -> Any:
        """Reject what an operation waits for: it ends as refused."""
        return await self.decide(operation, "reject", phase, digest, comment)

    async def revoke(self, operation: str, phase: str, digest: str, comment: str = "") -> Any:
        """Take an approval back, as long as what it was for has not begun."""
        return await self.decide(operation, "revoke", phase, digest, comment)

    async def reconcile(
        self,
        operation: str,
        outcome: Literal["pass", "fail", "retry"],
        note: str,
        phase: str | None = None,
    ) -> Any:
        """Say what became of an attempt whose outcome is unknown."""
        named = {"phase": phase} if phase else {}
        return await self.tell(operation, "reconcile", {"outcome": outcome, "note": note, **named})

    # --- lanes and plans -------------------------------------------------------------------------

    async def lane(self, lane: str) -> Any:
        """A lane as it is now; ``lane`` is ``product/context/instance``."""
        return (await self._call("GET", f"/v1/lanes/{_parts(lane)}")).document

    async def tell_lane(self, lane: str, verb: str, body: Mapping[str, Any]) -> Any:
        """``freeze`` or ``unfreeze`` a lane."""
        return (await self._call("POST", f"/v1/lanes/{_parts(lane)}/{verb}", body)).document

    async def audit(self, after: int, limit: int) -> Any:
        """A page of the audit log: the entries after a seq, and the log's head."""
        query = {"after": str(after), "limit": str(limit)}
        return (await self._call("GET", "/v1/audit", query=query)).document

    async def plans(self) -> Any:
        """The plans that the server offers, and the errors of those it does not."""
        return (await self._call("GET", "/v1/plans")).document

    async def plan(self, name: str) -> Any:
        """A plan whole, as the server offers it."""
        return (await self._call("GET", f"/v1/plans/{_part(name)}")).document

    async def drivers(self) -> Any:
        """The descriptors of the server's drivers."""
        return (await self._call("GET", "/v1/drivers")).document

    async def diagram(self, operation: str, query: Mapping[str, str]) -> str:
        """The picture of an operation's plan, with the path that it took."""
        path = f"{_operation(operation)}/diagram"
        return await self._connection.text(path, query)

    # --- below -----------------------------------------------------------------------------------

    def patience(self) -> Patience:
        """A new count of the time for which the server may be away."""
        return Patience(self._limit, self._around)

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self._connection.call(method, path, body, headers, query)


class _Nobody:
    """An observer that looks away."""

    def changed(self, now: Snapshot) -> None:
        """See `Observer`."""

    def happened(self, event: Event, raw: str) -> None:
        """See `Observer`."""

    def waiting(self, attempt: Attempt | None) -> None:
        """See `Observer`."""


class _Teller(_Nobody):
    """An observer that passes events on."""

    def __init__(self, told: "asyncio.Queue[Event | None]") -> None:
        self._told = told

    def happened(self, event: Event, raw: str) -> None:
        """See `Observer`."""
        self._told.put_nowait(event)


def _operation(operation: str) -> str:
    return f"/v1/operations/{_part(operation)}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _parts(path: str) -> str:
    return "/".join(_part(part) for part in path.split("/"))
