"""The words of the table of misbehaviours: what a row says, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from laneway.testing.simulators import PLANTED_SECRETS, DemoWorld, Fault, FaultBoard, FaultRule
from laneway.testing.simulators.rows import Schedule
from laneway.testing.simulators.shell import RUN_ROUTE
from laneway.testing.simulators.world import demo_lane

from .processes import Event

Provider = Literal["dokploy", "odoo"]


@dataclass(frozen=True)
class End:
    """Where an operation ends: its status, and the phase and code of the failure that says why."""

    status: str
    phase: str = ""
    code: str = ""
    bootstraps: int = 1


@dataclass(frozen=True)
class Trouble:
    """A fault of one of the providers."""

    fault: Fault
    route: str = "*"
    times: int | None = None
    at: Provider = "dokploy"

    def begin(self, world: DemoWorld) -> FaultRule:
        return board(world, self.at).add(self.fault, route=self.route, times=self.times)


@dataclass(frozen=True)
class Moment:
    """When the server is killed: as the provider is held here, or as the stream tells this."""

    hold: Trouble | None = None
    told: str = ""

    def is_told_by(self, event: Event) -> bool:
        """Whether the event is the one that is waited for."""
        return bool(self.told) and self.told in event["data"].get("message", "")


@dataclass(frozen=True)
class Misbehaviour:
    """A row.

    Attributes:
        killed: where it ends after the kill, where that is elsewhere, `because` of this.
        before: what is there before the operation.
        during: what else happens at the moment; straight through the provider is held there too.
        world: options of the simulated world.
        timeouts: of phases, where they matter.
        settle: how long Dokploy must show the same before the driver believes it.
        down: whether the command goes on, and ends, before the killed server is back.
        hurried: whether the engine asks a driver about a lost attempt for two seconds only.
    """

    name: str
    end: End
    moment: Moment
    troubles: tuple[Trouble, ...] = ()
    killed: End | None = None
    because: str = ""
    before: Callable[[DemoWorld], None] | None = None
    during: Callable[[DemoWorld], None] | None = None
    world: tuple[tuple[str, Any], ...] = ()
    timeouts: tuple[tuple[str, str], ...] = ()
    settle: str = "500ms"
    down: bool = False
    hurried: bool = False


def board(world: DemoWorld, provider: Provider) -> FaultBoard:
    """Where the provider's faults are switched on."""
    return world.dokploy.faults if provider == "dokploy" else world.sites["testing"].faults


# --- words of the table --------------------------------------------------------------------------

PASS = End("pass")
FAILED = End("fail", "bootstrap", "bootstrap_failed")


def unknown(reason: str, phase: str = "bootstrap", bootstraps: int = 1) -> End:
    return End("reconciliation_required", phase, reason, bootstraps)


def unposted(reason: str) -> End:
    return unknown(f"outcome_unknown_{reason}", bootstraps=0)


GONE = unposted("no_deployment")
HIDDEN = unknown("outcome_unknown_exit_code_hidden")
PRUNED = unknown("outcome_unknown_row_pruned")
UNAUTHORIZED = "unauthorized_or_rate_limited"


def run(fault: Fault, kind: str = RUN_ROUTE) -> Trouble:
    """A fault that strikes the call or command of a run once."""
    return Trouble(fault, kind, times=1)


def dokploy(fault: Fault, route: str, times: int | None = None) -> Trouble:
    return Trouble(fault, route, times)


def odoo(fault: Fault, route: str = "*", times: int | None = None) -> Trouble:
    return Trouble(fault, route, times, at="odoo")


def command(kind: str = "bootstrap") -> Moment:
    """The command is in mid-run."""
    return Moment(hold=Trouble(Fault.COMMAND_WAITS, kind, times=1))


def call(route: str, at: Provider = "dokploy") -> Moment:
    """A call is on its way, and is not answered."""
    return Moment(hold=Trouble(Fault.HANG, route, times=1, at=at))


OLD = (("dokploy_version", "0.22.0"), ("server_id", None))
BEFORE_ROW = (("dokploy_version", "0.29.13"),)
WITHOUT_LOGS = (("dokploy_version", "0.29.5"),)
HEALTH, OWN_HEALTH = "/web/health", "/launchplane/health"
LOGIN, LOGO = "/web/login", "/web/image/res.company/1/logo"


# --- what else happens ---------------------------------------------------------------------------


def unreadable(world: DemoWorld) -> None:
    """The panel's list of runs cannot be read for a while."""
    for fault in (Fault.ANSWER_502, Fault.RATE_LIMITED, Fault.DROP_CONNECTION):
        dokploy(fault, "deployment.allByType", times=2).begin(world)


def down(world: DemoWorld) -> None:
    """Nothing of the panel can be reached for a while."""
    dokploy(Fault.ANSWER_503, "*", times=4).begin(world)


def past_its_limit(world: DemoWorld) -> None:
    """The key is past its rate limit, for longer than anybody waits."""
    dokploy(Fault.RATE_LIMITED, "deployment.allByType").begin(world)


def next_post_is_lost(world: DemoWorld) -> None:
    """The run that comes next, which is the post-deploy, is never begun."""
    run(Fault.ANSWER_502).begin(world)


def stuck_run(world: DemoWorld) -> None:
    """An earlier run of the schedule is listed as running, since the panel was restarted once."""
    schedule = Schedule(
        schedule_id="earlier",
        name="platform-odoo-bootstrap",
        app_name="platform-cm-testing-odoo-bootstrap",
        cron_expression="0 0 31 2 *",
        command="",
        script="true",
        schedule_type="server",
        server_id=world.dokploy.server_id,
        created_at="2026-01-05T09:00:00.000Z",
    )
    world.dokploy._tables.save_schedule(schedule)
    world.dokploy._tables.begin_run(schedule)


def called_cancelled(world: DemoWorld) -> None:
    """The restarted panel calls the row of the run that it lost cancelled."""
    (row,) = world.dokploy.state.deployments.values()
    row.status = "cancelled"


def secrets_are_logged(world: DemoWorld) -> None:
    """The command prints what its environment holds."""
    (row,) = world.dokploy.state.deployments
    world.dokploy._tables.log(row, *(f"connecting with {secret}" for secret in PLANTED_SECRETS))


def database_is_dropped(world: DemoWorld) -> None:
    """Somebody drops the database that the bootstrap has made."""
    world.lanes["testing"].state.database = "absent"


def databases_are_not_listed(world: DemoWorld) -> None:
    """Odoo answers AccessDenied, inside a 200."""
    world.sites["testing"]._lists_databases = False


COMPOSE_ID = demo_lane("testing").compose_id
"""Stands in the evidence, so that a search for secrets can show that it does find things."""
