"""The Dokploy driver."""

from collections.abc import Sequence

from laneway.drivers.dokploy import (
    check_status,
    deploy,
    deploy_artifact,
    power,
    prove_target,
    read_artifact,
    run_schedule,
)
from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.http import HttpClient, HttpSettings
from laneway.ports.driver import Action, DriverDescriptor, SettingGroup

DESCRIPTOR = DriverDescriptor(
    driver_id="dokploy",
    label="Dokploy",
    description="Composes that a Dokploy panel deploys.",
    provider_boundary=(
        "Compose, schedule and server ids, the panel's address and its API key come from the lane's"
        " target record. Callers never send them; ids show up in evidence, secrets nowhere."
    ),
    capabilities=("target_proof", "deploy", "stop_start", "run_schedule", "dry_run"),
    actions=(
        prove_target.SPEC,
        read_artifact.SPEC,
        deploy.SPEC,
        deploy_artifact.SPEC,
        check_status.SPEC,
        power.STOP.spec,
        power.START.spec,
        run_schedule.SPEC,
    ),
    setting_groups=(
        SettingGroup(
            group_id="panel",
            label="Dokploy panel",
            description="Where the lane's compose is, and the key that opens the panel.",
            fields=(
                "dokploy.url",
                "dokploy.compose_id",
                "dokploy.server_id",
                "dokploy.schedule_type",
                "dokploy.user_id",
                "dokploy.artifact_variables",
                "dokploy.source_variables",
                "dokploy.schedules",
            ),
            secret_bindings=("dokploy.api_key",),
        ),
        SettingGroup(
            group_id="expected_target",
            label="Expected target",
            description="What the live compose must be for the target to stand proved.",
            fields=(
                "expected.name",
                "expected.domains",
                "expected.artifact_id",
                "expected.source_git_ref",
            ),
        ),
    ),
)


class DokployDriver:
    """Actions on what a Dokploy panel deploys.

    Args:
        http: the limits of every HTTP call.
        runs: the patience with which deployments and runs of schedules are watched.
    """

    descriptor = DESCRIPTOR

    def __init__(self, http: HttpSettings | None = None, runs: RunSettings | None = None) -> None:
        self._http = HttpClient(http)
        patience = runs or RunSettings()
        self._actions: tuple[Action, ...] = (
            prove_target.ProveTarget(self._http),
            read_artifact.ReadArtifact(self._http),
            deploy.Deploy(self._http, patience),
            deploy_artifact.DeployArtifact(self._http, patience),
            check_status.CheckStatus(self._http),
            power.Power(power.STOP, self._http, patience),
            power.Power(power.START, self._http, patience),
            run_schedule.RunSchedule(self._http, patience),
        )

    def actions(self) -> Sequence[Action]:
        """Every action of the descriptor."""
        return self._actions

    async def start(self) -> None:
        """Open the pool of connections."""
        await self._http.start()

    async def stop(self) -> None:
        """Close it."""
        await self._http.stop()
