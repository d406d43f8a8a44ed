"""What somebody may do: the question, and its answer."""

from enum import StrEnum
from typing import Protocol

import msgspec

from laneway.core.events import Actor
from laneway.core.model import Lane
from laneway.ports.store import Scope

__all__ = ["Act", "Judge", "Question", "Scope", "Verdict"]


class Act(StrEnum):
    """What a rule can allow (``may``). Each is allowed by name: none of them includes another."""

    SUBMIT = "submit"
    READ = "read"
    CANCEL = "cancel"
    PAUSE = "pause"
    APPROVE = "approve"
    RECONCILE = "reconcile"
    RETRY = "retry"
    FREEZE = "freeze"
    ADMIN = "admin"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """May somebody do this?

    Attributes:
        plan: name of the plan that it is about; None where it is about none.
        lane: the lane that it is about; None where it is about none.
        authz_actions: for a submission or a retry, the ``authz_action`` of every action that the
            plan can reach. All must be allowed, not necessarily by the same rule.
        role: for an approval, the role that the plan asks for.
    """

    act: Act
    plan: str | None = None
    lane: Lane | None = None
    authz_actions: tuple[str, ...] = ()
    role: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer.

    Attributes:
        allowed: the answer in one word.
        rules: names of the rules that allow it: one, or as many as the actions needed. Empty where
            it is denied, or where no policy is in force.
        policy: digest of the policy that was asked (``sha256:…``); empty where none is in force.
        reason: for people: which rule allows it, or what came closest and why it does not match.
    """

    allowed: bool
    rules: tuple[str, ...] = ()
    policy: str = ""
    reason: str = ""


class Judge(Protocol):
    """Answers questions by the policy as it is at this moment; never waits."""

    def judge(self, actor: Actor, question: Question) -> Verdict:
        """The answer."""
        ...

    def visible(self, actor: Actor) -> tuple[Scope, ...] | None:
        """What somebody may read; None is everything, without a policy."""
        ...
