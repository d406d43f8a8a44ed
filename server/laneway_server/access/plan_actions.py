"""What a plan can reach, in the words that access rules use."""

from collections.abc import Iterable

from laneway.core.model import ActionSpec, Plan
from laneway.ports.driver import DriverDescriptor


def authz_action(spec: ActionSpec) -> str:
    """What access rules call an action: its ``authz_action``, or else its id."""
    return spec.authz_action or spec.action_id


def plan_authz_actions(plan: Plan, drivers: Iterable[DriverDescriptor]) -> tuple[str, ...]:
    """The ``authz_action`` of every action that a plan can reach, each once, sorted.

    Every branch counts, whatever its guards say: they are evaluated when the plan runs.

    Args:
        drivers: what they say of an action now is what counts; an action that none of them has any
            more goes by what was said of it when the plan was loaded.
    """
    known = {spec.action_id: spec for driver in drivers for spec in driver.actions}
    specs = (phase.action for phase in plan.action_phases())
    return tuple(sorted({authz_action(known.get(spec.action_id, spec)) for spec in specs}))
