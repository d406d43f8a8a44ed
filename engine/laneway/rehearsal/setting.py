"""What an operation is rehearsed with: lane, request, target record, evidence; and what is open."""

from collections.abc import Iterable, Mapping
from typing import Any

from laneway.core.admission import first_event
from laneway.core.events import Actor, OperationAccepted
from laneway.core.model import ActionPhase, Frozen, Lane, Plan, WhenBusy

from .examples import example_evidence, example_request

REQUESTER = Actor("caller", "requester")
EXAMPLE_LANE = Lane("example", "example", "testing")


class Setting(Frozen, frozen=True, kw_only=True):
    """See the module.

    Attributes:
        evidence: by phase, and by outcome within it; what is not there is made up.
        open: what guards may ask for and nobody gave: ``lane``, ``request``, ``target``, and
            ``phases.<name>.evidence``. Such guards are taken both ways.
    """

    lane: Lane = EXAMPLE_LANE
    request: dict[str, Any] = {}
    target: dict[str, Any] = {}
    dry_run: bool = False
    requested_by: Actor = REQUESTER
    evidence: Mapping[str, Mapping[str, dict[str, Any]]] = {}
    open: frozenset[str] = frozenset()

    def asked(self, plan: Plan) -> OperationAccepted:
        """The event that accepts the operation."""
        return first_event(
            plan,
            lane=self.lane,
            request=self.request,
            requested_by=self.requested_by,
            when_busy=WhenBusy.REJECT,
            dry_run=self.dry_run,
        )

    def evidence_of(self, phase: ActionPhase, outcome: str) -> dict[str, Any]:
        """What an attempt with an outcome returns."""
        given = self.evidence.get(phase.name, {})
        return given[outcome] if outcome in given else example_evidence(phase.action.evidence)


def setting(
    plan: Plan,
    *,
    lane: Lane | None = None,
    request: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    evidence: Mapping[str, Mapping[str, dict[str, Any]]] | None = None,
    dry_run: bool = False,
) -> Setting:
    """A setting with what is given; the rest is made up, and open.

    Raises:
        NoExample: no request was given, and none could be made of its schema.
    """
    given = evidence or {}
    left = [name for name, each in _given(lane, request, target) if each is None]
    left += [f"phases.{p.name}.evidence" for p in plan.every_phase() if p.name not in given]
    return Setting(
        lane=lane or EXAMPLE_LANE,
        request=example_request(plan.request_schema) if request is None else request,
        target=target or {},
        dry_run=dry_run,
        evidence=given,
        open=frozenset(left),
    )


def _given(*each: object) -> Iterable[tuple[str, object]]:
    return zip(("lane", "request", "target"), each, strict=True)
