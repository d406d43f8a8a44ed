"""The engine's authority: it asks the server's policy about an operation's requester."""

from collections.abc import Sequence

from laneway.core.events import OperationAccepted, Ruling
from laneway.core.model import Plan
from laneway.ports.driver import DriverDescriptor

from .plan_actions import plan_authz_actions
from .ruling import Act, Judge, Question


class PolicyAuthority:
    """See `laneway.ports.environment.Authority`.

    The policy is asked about the requester as the operation's first event names it: a token that
    was valid then is not asked for again, but whoever it stood for must still be believed.
    """

    def __init__(self, judge: Judge, drivers: Sequence[DriverDescriptor]) -> None:
        self._judge = judge
        self._drivers = drivers
        self._actions: dict[str, tuple[str, ...]] = {}

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        """The answer for every action that the plan can reach; None without a policy."""
        question = Question(
            act=Act.SUBMIT if asked.retry_of is None else Act.RETRY,
            plan=plan.name,
            lane=asked.lane,
            authz_actions=self._actions_of(plan),
        )
        verdict = self._judge.judge(asked.requested_by, question)
        if not verdict.policy:
            return None
        return Ruling(
            allowed=verdict.allowed,
            rules=verdict.rules,
            policy=verdict.policy,
            reason=verdict.reason,
        )

    def _actions_of(self, plan: Plan) -> tuple[str, ...]:
        if plan.digest not in self._actions:
            self._actions[plan.digest] = tuple(plan_authz_actions(plan, self._drivers))
        return self._actions[plan.digest]
