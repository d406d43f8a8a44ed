"""``http.request`` and its kin: one request that the plan spells out.

What a request does to the world only the author of the plan can know, and says it by the choice of
the action. The engine then treats the phase as it does any other of that safety.

==========================  ==========  ===========================================================
action                      safety      meant for
==========================  ==========  ===========================================================
http.request_read           read        what changes nothing (a search by POST, say)
http.request_safe_write     safe_write  what may be delivered twice (a PUT of a state, a notice)
http.request                mutation    everything else: the cautious choice
http.request_destructive    destructive what cannot be undone
==========================  ==========  ===========================================================

The writes make one request over a connection of its own, follow no redirect, and carry the
attempt's token in a header. A whole answer that says yes or no ends the attempt. No answer, or one
that a proxy may have given while the request went on (408, any 5xx), leaves the outcome unknown,
unless the plan expects that very status.
"""

from collections.abc import Sequence
from typing import Any

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient, HttpFailed, HttpResponse
from laneway.drivers.probes import conclude
from laneway.drivers.web.calls import (
    Prepared,
    WebTarget,
    ask,
    judged,
    milliseconds,
    prepare,
    read_target,
)
from laneway.drivers.web.check import PROBES_EVIDENCE
from laneway.drivers.web.expectations import status_expected
from laneway.drivers.web.parameters import (
    IDEMPOTENCY_HEADER,
    JSON_BODY,
    REDIRECTS,
    Call,
    call_schema,
    read,
)
from laneway.drivers.web.places import AllowedHost, PlaceRefused
from laneway.ports.driver import ActionContext, ActionFailed, ActionResult, OutcomeUnknown

PROBE = "request"
_READ_METHODS = ("GET", "HEAD", "OPTIONS", "POST")
_WRITE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

_WRITE_EVIDENCE: dict[str, Any] = {
    "type": "object",
    "properties": {
        **PROBES_EVIDENCE,
        "request": {"type": "object"},
        "dry_run": {"const": True},
        "would_send": {"type": "array", "items": {"type": "object"}},
    },
    "additionalProperties": False,
}

READ = ActionSpec(
    action_id="http.request_read",
    safety=Safety.READ,
    idempotent=True,
    parameters=call_schema(_READ_METHODS, json=JSON_BODY, redirects=REDIRECTS),
    evidence={"type": "object", "properties": PROBES_EVIDENCE, "additionalProperties": False},
    authz_action="http.read",
    label="Request that reads",
    description="Makes one request which, as the plan's author vouches, changes nothing.",
)


def _write(action_id: str, safety: Safety, label: str, description: str) -> ActionSpec:
    return ActionSpec(
        action_id=action_id,
        safety=safety,
        idempotent=safety is Safety.SAFE_WRITE,
        supports_dry_run=True,
        parameters={
            **call_schema(_WRITE_METHODS, json=JSON_BODY, idempotency_header=IDEMPOTENCY_HEADER),
            "required": ["method"],
        },
        evidence=_WRITE_EVIDENCE,
        authz_action=f"http.{safety.value}",
        writes_records=("http.resource",),
        label=label,
        description=description,
    )


WRITES = (
    _write(
        "http.request_safe_write",
        Safety.SAFE_WRITE,
        "Request that may be repeated",
        "Makes one request that does no more when it is delivered twice.",
    ),
    _write(
        "http.request",
        Safety.MUTATION,
        "Request",
        "Makes one request that changes something, and never a second one by itself.",
    ),
    _write(
        "http.request_destructive",
        Safety.DESTRUCTIVE,
        "Request that destroys",
        "Makes one request whose effect cannot be undone, and never a second one by itself.",
    ),
)


class RequestRead(NoRecovery):
    """``http.request_read``."""

    spec = READ

    def __init__(self, http: HttpClient, hosts: Sequence[AllowedHost]) -> None:
        self._http = http
        self._hosts = hosts

    async def run(self, context: ActionContext) -> ActionResult:
        """Make the request, and judge its answer."""
        target = read_target(context)
        probe = await ask(self._http, PROBE, read(context, Call), context, target, self._hosts)
        return conclude("http", target.base_url, (probe,))


class RequestWrite:
    """One of `WRITES`."""

    def __init__(self, spec: ActionSpec, http: HttpClient, hosts: Sequence[AllowedHost]) -> None:
        self.spec = spec
        self._http = http
        self._hosts = hosts

    async def run(self, context: ActionContext) -> ActionResult:
        """Make the request once, and judge its answer."""
        target = read_target(context)
        prepared = self._prepare(context, target)
        response = await self._send(prepared)
        _check_conclusive(prepared, response)
        probe = judged(prepared, PROBE, response)
        return conclude("http", target.base_url, (probe,), {"request": prepared.shown()})

    async def recover(self, context: ActionContext) -> ActionResult:
        """Refuse: nobody can be asked what became of a request."""
        message = f"nobody can be asked what became of the request of {context.phase}"
        raise OutcomeUnknown("outcome_unknown_lost", message)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Show what would be sent, once everything that it takes is there."""
        prepared = self._prepare(context, read_target(context))
        evidence = {"dry_run": True, "would_send": [prepared.shown(whole=True)]}
        return ActionResult(outcome="pass", evidence=evidence)

    def _prepare(self, context: ActionContext, target: WebTarget) -> Prepared:
        call = read(context, Call)
        try:
            token = {call.idempotency_header: context.token}
            return prepare(call, context, target, self._hosts, token)
        except PlaceRefused as refused:
            message = f"nothing was sent: {refused}"
            raise ActionFailed(
                f"http_{refused.failure_class}", message, retry_class="invalid"
            ) from refused

    async def _send(self, prepared: Prepared) -> HttpResponse:
        """The one request.

        Raises:
            ActionFailed: it was certainly not sent.
            OutcomeUnknown: it may have been, and no whole answer came.
        """
        call, limit = prepared.call, milliseconds(prepared.call)
        try:
            return await self._http.request_once(
                call.method,
                prepared.url,
                headers=prepared.headers,
                json=call.json,
                total_ms=self._http.settings.total_ms if limit is None else limit,
                max_bytes=call.max_bytes,
            )
        except HttpFailed as failed:
            if not failed.sent:
                raise failed.as_action_failed() from failed
            message = f"the request may have been carried out: {failed}"
            raise _unknown(failed.problem.value, message, prepared) from failed


def _check_conclusive(prepared: Prepared, response: HttpResponse) -> None:
    """That the answer comes from what the request was meant for, or is expected anyhow.

    Raises:
        OutcomeUnknown: a proxy may have given it while the request went on.
    """
    status = response.status
    if status_expected(status, prepared.call.expect) or (status < 500 and status != 408):
        return
    message = f"HTTP {status} does not tell whether the request was carried out"
    raise _unknown(f"http_{status}", message, prepared)


def _unknown(reason: str, message: str, prepared: Prepared) -> OutcomeUnknown:
    redacted = prepared.redactor.text(message)
    detail = {"request": prepared.shown()}
    return OutcomeUnknown(f"outcome_unknown_{reason}", redacted, detail=detail)
