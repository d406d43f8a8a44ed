"""Access by an access file: who calls is proved, and what they may do is what its rules say."""

from typing import Any, Protocol

from aiohttp import web

from laneway.core.events import Actor

from .document import AccessDocument
from .identity import Caller
from .reloading import ReloadingPolicy
from .ruling import Question, Scope, Verdict


class ProvesCallers(Protocol):
    """Finds out who a request is from."""

    async def caller(self, request: web.Request, document: AccessDocument) -> Caller:
        """The caller, by the issuers and tokens of an access file.

        Raises:
            Problem: ``authentication_required``, ``authorization_denied``, ``rate_limited``.
        """
        ...


class GuardedAccess:
    """Implements `Access`: identities and policy are those of the access file as it is now."""

    def __init__(self, identities: ProvesCallers, policy: ReloadingPolicy) -> None:
        self._identities = identities
        self._policy = policy

    async def identify(self, request: web.Request) -> Caller:
        """See `Access`."""
        return await self._identities.caller(request, self._policy.current().document)

    def judge(self, actor: Actor, question: Question) -> Verdict:
        """See `Judge`."""
        return self._policy.current().judge(actor, question)

    def visible(self, actor: Actor) -> tuple[Scope, ...] | None:
        """See `Judge`."""
        return self._policy.current().visible(actor)

    def standing(self) -> dict[str, Any] | None:
        """See `Access`."""
        return self._policy.standing()
