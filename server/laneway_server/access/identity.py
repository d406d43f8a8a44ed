"""Who calls: the port that every kind of access implements."""

from typing import Any, Protocol

import msgspec
from aiohttp import web

from laneway.core.events import Actor

from .ruling import Judge


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was identified.

    Attributes:
        actor: as events name them. Its ``claims`` say what is known of who it is: policy rules go
            by them, ``person`` names the human behind, ``proof`` says how it was proved.
        key_scope: whose idempotency keys theirs are; keys of different scopes do not meet.
        csrf: what the caller's browser must send back with everything that changes something;
            empty where the request proves itself.
    """

    actor: Actor
    key_scope: str
    csrf: str = ""


class Access(Judge, Protocol):
    """Decides who a request is from, and what they may do."""

    async def identify(self, request: web.Request) -> Caller:
        """The caller.

        Raises:
            Problem: ``authentication_required``, ``authorization_denied``, ``rate_limited``.
        """
        ...

    def standing(self) -> dict[str, Any] | None:
        """What ``/v1/health`` says of the access file, or None where there is none."""
        ...
