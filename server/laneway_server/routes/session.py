"""Who the caller is; and the page's sign-in, by a token or by way of an OIDC issuer."""

from typing import Any

from aiohttp import hdrs, web

from laneway.core.model import Lane
from laneway_server import forms, wire
from laneway_server.access import auditing, code_flow, cookies
from laneway_server.access.browser import SignedIn
from laneway_server.access.identities import SignIns
from laneway_server.access.identity import Caller
from laneway_server.access.plan_actions import plan_authz_actions
from laneway_server.access.ruling import Act, Question
from laneway_server.problems import FieldError, Problem, invalid

from .route import Answer, Call, Route, answer

_PRIVATE = {"Cache-Control": "no-store"}
# The issuer's answer is in the address: it must not go on to wherever the page leads.
_AWAY = {**_PRIVATE, "Referrer-Policy": "no-referrer"}


async def show(call: Call) -> web.Response:
    """Who the caller is, and what they may do."""
    return _shown(call, call.who, call.query)


async def ways(call: Call) -> web.Response:
    """How one can say who one is; it tells nothing of who may do what."""
    sign_ins = call.services.sign_ins
    issuers = () if sign_ins is None else sign_ins.document().issuers
    links = [
        wire.IssuerWay(name=each.name, link=f"/signin/{each.name}")
        for each in issuers
        if each.sign_in is not None
    ]
    is_open = sign_ins is None
    return answer(wire.WaysView(open=is_open, tokens=not is_open, issuers=links), headers=_PRIVATE)


async def sign_in(call: Call) -> web.Response:
    """Begin a session for whoever has a token."""
    with call.services.failures.watching(_address(call)):
        sign_ins = _sign_ins(call)
        asked: forms.SignInRequest = call.body
        begun = await sign_ins.identities.sign_in(call.request, asked.token, sign_ins.document())
    await _written_down(call, begun, "signIn")
    response = _shown(call, begun.caller, forms.SessionQuery())
    _keep(call, response, begun)
    return response


async def sign_out(call: Call) -> web.Response:
    """End the session of the browser."""
    if call.services.sign_ins is not None:
        await call.services.sign_ins.identities.sign_out(call.request)
    gone = cookies.removal(call.request, cookies.SESSION)
    return web.Response(status=204, headers={**_PRIVATE, hdrs.SET_COOKIE: gone})


async def begin(call: Call) -> web.Response:
    """Send a browser to an issuer."""
    sign_ins = _sign_ins(call)
    query: forms.SignInQuery = call.query
    place, pending = await sign_ins.identities.begin_sign_in(
        call.request, _issuer(call), query.return_to, sign_ins.document()
    )
    response = web.Response(status=303, headers={**_AWAY, hdrs.LOCATION: place})
    seconds = code_flow.LIFETIME // 1_000
    cookies.put(call.request, response, cookies.SIGN_IN, pending.cookie(), seconds)
    return response


async def finish(call: Call) -> web.Response:
    """Take a browser back from an issuer, and begin its session."""
    with call.services.failures.watching(_address(call)):
        sign_ins = _sign_ins(call)
        begun, return_to = await sign_ins.identities.finish_sign_in(
            call.request, _issuer(call), call.query, sign_ins.document()
        )
    await _written_down(call, begun, "finishSignIn")
    response = web.Response(status=303, headers={**_AWAY, hdrs.LOCATION: return_to})
    _keep(call, response, begun)
    response.headers.add(hdrs.SET_COOKIE, cookies.removal(call.request, cookies.SIGN_IN))
    return response


def _address(call: Call) -> str:
    return call.services.front.address(call.request)


def _sign_ins(call: Call) -> SignIns:
    if call.services.sign_ins is None:
        raise Problem(
            "not_found", "access is open here: callers say who they are, without sessions"
        )
    return call.services.sign_ins


def _issuer(call: Call) -> str:
    return call.request.match_info["issuer"]


async def _written_down(call: Call, begun: SignedIn, act: str) -> None:
    services = call.services
    tried = auditing.tried(call.request, services.front, act, begun.caller, kept=())
    await services.auditor.done(tried)


def _keep(call: Call, response: web.Response, begun: SignedIn) -> None:
    lifetime = begun.lifetime // 1_000
    cookies.put(call.request, response, cookies.SESSION, begun.id, lifetime)


# --- who the caller is ---------------------------------------------------------------------------


def _shown(call: Call, caller: Caller, asked: forms.SessionQuery) -> web.Response:
    actor = caller.actor
    claims: dict[str, Any] = actor.claims
    shown = wire.SessionView(
        subject=actor.subject,
        name=claims.get("name") or claims.get("actor") or claims.get("sub") or actor.subject,
        issuer=claims.get("issuer"),
        groups=list(claims.get("groups", ())),
        person=claims.get("person"),
        signed_in=bool(caller.csrf),
        csrf=caller.csrf or None,
        may=_may(call, caller, asked),
    )
    return answer(shown, headers=_PRIVATE)


def _may(call: Call, caller: Caller, asked: forms.SessionQuery) -> list[Act]:
    lane = _lane(asked)
    offered = call.services.plans.offered(asked.plan) if asked.plan is not None else None
    reach = plan_authz_actions(offered.compiled.plan, call.services.drivers) if offered else ()
    questions = (
        Question(act=act, plan=asked.plan, lane=lane, authz_actions=reach, role=asked.role)
        for act in Act
    )
    judge = call.services.access
    return [each.act for each in questions if judge.judge(caller.actor, each).allowed]


def _lane(asked: forms.SessionQuery) -> Lane | None:
    names = (asked.product, asked.context, asked.instance)
    product, context, instance = names
    if product and context and instance:
        return Lane(product, context, instance)
    if names != (None, None, None):
        said = FieldError("?product", "a lane is a product, a context and an instance")
        raise invalid("the query does not have its form", said)
    return None


_ISSUER_AWAY = "issuer_unavailable"
_COOKIE = ((hdrs.SET_COOKIE, "The session."),)

ROUTES = (
    Route(
        method="GET",
        path="/v1/session",
        handler=show,
        name="readSession",
        tag="session",
        summary="Who you are, and what you may do",
        query=forms.SessionQuery,
        answers=(Answer(200, "You.", wire.SessionView),),
    ),
    Route(
        method="GET",
        path="/v1/session/ways",
        handler=ways,
        name="waysToSignIn",
        tag="session",
        summary="How one can say who one is; for a page that nobody is signed in to",
        answers=(Answer(200, "The ways.", wire.WaysView),),
        public=True,
        stored=False,
    ),
    Route(
        method="POST",
        path="/v1/session",
        handler=sign_in,
        name="signIn",
        tag="session",
        summary="Begin a browser's session with a token; it does not outlive the token",
        body=forms.SignInRequest,
        answers=(Answer(200, "You.", wire.SessionView, headers=_COOKIE),),
        problems=(
            "authentication_required",
            "credentials_in_url",
            "token_replayed",
            "csrf_failed",
            "rate_limited",
            "not_found",
            _ISSUER_AWAY,
        ),
        public=True,
    ),
    Route(
        method="DELETE",
        path="/v1/session",
        handler=sign_out,
        name="signOut",
        tag="session",
        summary="End the browser's session",
        answers=(Answer(204, "It has ended.", headers=((hdrs.SET_COOKIE, "Removes it."),)),),
        kept=(),
    ),
    Route(
        method="GET",
        path="/signin/{issuer}",
        handler=begin,
        name="beginSignIn",
        tag="session",
        summary="Sign in to the page by way of an OIDC issuer",
        query=forms.SignInQuery,
        answers=(
            Answer(
                303,
                "To the issuer.",
                headers=((hdrs.LOCATION, "The issuer."), (hdrs.SET_COOKIE, "The sign-in.")),
            ),
        ),
        problems=("not_found", _ISSUER_AWAY),
        public=True,
        stored=False,
    ),
    Route(
        method="GET",
        path="/signin/{issuer}/callback",
        handler=finish,
        name="finishSignIn",
        tag="session",
        summary="Where an OIDC issuer sends the browser back to",
        query=forms.SignInAnswer,
        answers=(
            Answer(
                303, "You are signed in.", headers=((hdrs.LOCATION, "Where to go on."), *_COOKIE)
            ),
        ),
        problems=("not_found", "sign_in_failed", "rate_limited", _ISSUER_AWAY),
        public=True,
    ),
)
