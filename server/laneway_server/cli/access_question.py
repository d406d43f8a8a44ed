"""What ``access explain`` is asked: who, from claims or a token's name; and what, from options."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from laneway.core.names import listed, nearest

from . import options
from .exits import UsageError

if TYPE_CHECKING:
    from laneway.core.events import Actor
    from laneway.core.model import Plan
    from laneway.loading.plans import PlanCatalog
    from laneway_server.access.document import AccessDocument, IssuerEntry
    from laneway_server.access.ruling import Act, Question
    from laneway_server.access.warnings import Known

_ENDING = ".json"


# --- plans ---------------------------------------------------------------------------------------


def catalog(folder: Path | None) -> "PlanCatalog":
    """The plans of a folder, or those that ship.

    Raises:
        UsageError: it cannot be read.
    """
    from laneway.loading.plans import load_folder
    from laneway_server.bootstrap import action_specs

    path = folder or Path(str(files("laneway_server") / "plans"))
    try:
        return load_folder(path, action_specs())
    except OSError as error:
        raise UsageError(f"the plans cannot be read: {error}") from error


def known(folder: Path | None) -> "Known":
    """What rules can name: of plans only where a folder is named that has them all.

    Raises:
        UsageError: the folder cannot be read, or not all of its plans can be used.
    """
    from laneway_server.access.plan_actions import authz_action
    from laneway_server.access.warnings import Known
    from laneway_server.bootstrap import action_specs

    actions = frozenset(map(authz_action, action_specs().values()))
    if folder is None:
        return Known(actions=actions)
    loaded = catalog(folder)
    if loaded.errors:
        broken = listed(loaded.errors, "and")
        raise UsageError(f"{broken} cannot be used: `laneway plan check {folder}` says why")
    compiled = [each.compiled.plan for each in loaded.plans.values()]
    plans = {plan.name: _facts(plan) for plan in compiled}
    return Known(actions=actions, plans=plans)


def _facts(plan: "Plan") -> Any:
    from laneway_server.access.plan_actions import plan_authz_actions
    from laneway_server.access.warnings import PlanFacts

    return PlanFacts(actions=plan_authz_actions(plan, ()), roles=_roles(plan))


def _roles(plan: "Plan") -> tuple[str, ...]:
    from laneway.core.model import ApprovalPhase

    approvals = (phase for phase in plan.every_phase() if isinstance(phase, ApprovalPhase))
    return tuple(sorted({phase.role for phase in approvals}))


# --- who -----------------------------------------------------------------------------------------


def actor(said: str, document: "AccessDocument", read_stdin: Any) -> "Actor":
    """Whom ``--as`` means: the name of a static token, or a file (``-``: standard input) of claims.

    Raises:
        UsageError: nobody.
    """
    from laneway_server.access.callers import token_caller

    token = document.token(said.removeprefix("token:"))
    if token is not None:
        return token_caller(token).actor
    if said != "-" and not said.endswith(_ENDING) and not Path(said).exists():
        hint = nearest(said, [each.name for each in document.tokens])
        told = f"{said!r} is neither a token of the access file nor a file of claims"
        raise UsageError(f"{told}; {hint}" if hint else told)
    return _claimed(options.request_document(said, [], read_stdin), document)


def _claimed(claims: Mapping[str, Any], document: "AccessDocument") -> "Actor":
    """The actor of a token's claims; or one as events and the audit log have it."""
    from laneway.core.events import Actor
    from laneway_server.access.callers import oidc_caller
    from laneway_server.access.oidc import Proof

    if isinstance(claims.get("claims"), dict) and isinstance(claims.get("subject"), str):
        return Actor(kind="caller", subject=claims["subject"], claims=claims["claims"])
    if not all(isinstance(claims.get(name), str) for name in ("iss", "sub")):
        raise UsageError("claims have an `iss` and a `sub`, as a token does")
    entry = _issuer(claims, document)
    times = {"iat": 0, "exp": 0}
    return oidc_caller(Proof(entry=entry, kid="", claims={**claims, **times})).actor


def _issuer(claims: Mapping[str, Any], document: "AccessDocument") -> "IssuerEntry":
    entry = document.issuer_of(claims["iss"])
    if entry is None:
        known_issuers = [each.issuer for each in document.issuers]
        told = f"the access file has no issuer {claims['iss']!r}, so its tokens are refused"
        raise UsageError(f"{told}; it has {listed(known_issuers, 'and')}")
    if claims.get("aud", entry.audience) not in (entry.audience, [entry.audience]):
        told = f"a token for {claims['aud']!r} is refused"
        raise UsageError(f"{told}: the issuer {entry.name!r} has the audience {entry.audience!r}")
    return entry


# --- what ----------------------------------------------------------------------------------------


def question(
    do: str, plan: str | None, lane: str | None, role: str | None, plans: Any
) -> "Question":
    """What is asked.

    Args:
        plans: gives the plans, where what they say matters.

    Raises:
        UsageError: there is no such act or plan, or something is left out that it depends on.
    """
    from laneway.core.model import Lane
    from laneway_server.access.conditions import WITH_ACTIONS
    from laneway_server.access.plan_actions import plan_authz_actions
    from laneway_server.access.ruling import Act, Question

    act = _act(do)
    if act in WITH_ACTIONS and not (plan and lane):
        raise UsageError(f"to {act} is about a plan and a lane: say --plan and --lane")
    asked = Question(
        act=act, plan=plan, lane=Lane(**options.lane_parts(lane)) if lane else None, role=role
    )
    if plan and act in WITH_ACTIONS:
        actions = plan_authz_actions(_plan(plan, plans()), ())
        return msgspec.structs.replace(asked, authz_actions=actions)
    if plan and role is None and act is Act.APPROVE:
        return msgspec.structs.replace(asked, role=_role(_plan(plan, plans())))
    return asked


def _act(do: str) -> "Act":
    from laneway_server.access.ruling import Act

    try:
        return Act(do)
    except ValueError:
        hint = nearest(do, map(str, Act)) or f"there are {listed(Act, 'and')}"
        raise UsageError(f"nobody can {do!r}; {hint}") from None


def _plan(name: str, plans: "PlanCatalog") -> "Plan":
    offered = plans.offered(name)
    if offered is None:
        hint = nearest(name, plans.plans) or "name the folder that has it with --plans"
        raise UsageError(f"no plan {name!r} is loaded; {hint}")
    return offered.compiled.plan


def _role(plan: "Plan") -> str:
    roles = _roles(plan)
    if len(roles) != 1:
        told = f"the roles that approve in {plan.name!r} are {listed(roles, 'and')}"
        raise UsageError(
            f"{told}: say which with --role" if roles else f"{plan.name!r} asks nobody"
        )
    return roles[0]
