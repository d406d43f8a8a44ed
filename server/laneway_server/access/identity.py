"""Who calls: the port that every kind of access implements."""

from typing import Protocol

import msgspec
from aiohttp import web

from laneway.core.events import Actor


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was identified.

    Attributes:
        actor: as events name them.
        key_scope: whose idempotency keys theirs are; keys of different scopes do not meet.
    """

    actor: Actor
    key_scope: str


class Access(Protocol):
    """Decides who a request is from."""

    def identify(self, request: web.Request) -> Caller:
        """The caller.

        Raises:
            Problem: ``authentication_required``, ``authorization_denied``.
        """
        ...
