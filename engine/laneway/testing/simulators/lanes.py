"""The lanes of the simulated world: what is deployed there, and what state its Odoo is in."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from laneway.testing.simulators.images import lane_logo

CommandKind = Literal["bootstrap", "update", "backup", "restore", "other"]
ComposeStatus = Literal["idle", "running", "done", "error"]
DatabaseState = Literal["absent", "uninitialised", "ready"]


class RuntimeIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a bootstrapped lane says of itself on `/launchplane/health`."""

    product: str
    context: str
    instance: str
    environment_kind: str
    deployment_record_id: str
    artifact_id: str
    source_git_ref: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What is deployed: an artifact, and the source that it was made from."""

    artifact_id: str
    source_git_ref: str


class LaneSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change about a lane: its names in Dokploy and what was deployed there first."""

    product: str
    context: str
    instance: str
    environment_kind: str
    compose_id: str
    domains: tuple[str, ...]
    artifact_id: str
    source_git_ref: str
    source_type: Literal["github", "raw"] = "github"

    @property
    def key(self) -> str:
        """`context/instance`, as in `cm/testing`."""
        return f"{self.context}/{self.instance}"

    @property
    def live_name(self) -> str:
        """The compose's name in Dokploy."""
        return f"{self.context}-{self.instance}"

    @property
    def app_name(self) -> str:
        """The compose's appName, which its containers carry."""
        return f"compose-{self.context}-{self.instance}"

    @property
    def schedule_prefix(self) -> str:
        """What the appName of a schedule of this lane begins with."""
        return f"platform-{self.context}-{self.instance}-"

    @property
    def database(self) -> str:
        """The name of the lane's database."""
        return f"{self.context}_{self.instance}"

    @property
    def logo(self) -> bytes:
        """The PNG that the bootstrap uploads as the company's logo."""
        return lane_logo(self.key)

    @property
    def logo_sha256(self) -> str:
        """The hexadecimal digest of `logo`."""
        return hashlib.sha256(self.logo).hexdigest()

    def identity(self, deployment_record_id: str) -> RuntimeIdentity:
        """The runtime identity that a bootstrap leaves behind."""
        return RuntimeIdentity(
            product=self.product,
            context=self.context,
            instance=self.instance,
            environment_kind=self.environment_kind,
            deployment_record_id=deployment_record_id,
            artifact_id=self.artifact_id,
            source_git_ref=self.source_git_ref,
        )


class Execution(msgspec.Struct, kw_only=True):
    """One time that a command really ran on a lane.

    `exit_code` and `finished_at` are None while it runs. What a guard stopped before it did
    anything is kept apart, in `LaneState.skipped`.
    """

    deployment_id: str
    kind: CommandKind
    marker: str | None
    started_at: str
    finished_at: str | None = None
    exit_code: int | None = None

    @property
    def running(self) -> bool:
        """True until the command has ended."""
        return self.exit_code is None


class LaneState(msgspec.Struct, kw_only=True):
    """What changes about a lane: its database, its web container, what ran there.

    Attributes:
        env: the compose's variables as somebody saved them; None: as they were first.
        deployed: what the last deployment deployed; None: what was there first.
        database_of: the artifact that the database was last brought up to.
        backups: what `database_of` was when they were taken, by their names.
        broken: artifacts that answer nothing but 500.
    """

    database: DatabaseState = "absent"
    web_running: bool = True
    compose_status: ComposeStatus = "done"
    env: str | None = None
    deployed: Content | None = None
    database_of: str = ""
    backups: dict[str, str] = {}
    broken: list[str] = []
    identity: RuntimeIdentity | None = None
    markers: list[str] = []
    executions: list[Execution] = []
    skipped: list[Execution] = []

    def running(self, kind: CommandKind) -> list[Execution]:
        """The commands of this kind that are in mid-run."""
        return [run for run in self.executions if run.kind == kind and run.running]

    def open_execution(self, deployment_id: str) -> Execution | None:
        """The unfinished execution that belongs to a deployment row, if there is one."""
        found = (run for run in self.executions if run.deployment_id == deployment_id)
        return next((run for run in found if run.running), None)


class SimulatedLane:
    """A lane: its specification, and its state at this moment."""

    def __init__(self, spec: LaneSpec, state: LaneState | None = None) -> None:
        self.spec = spec
        self.state = state or LaneState()

    @property
    def deployed(self) -> Content:
        """What is deployed at this moment."""
        spec = self.spec
        first = Content(artifact_id=spec.artifact_id, source_git_ref=spec.source_git_ref)
        return self.state.deployed or first

    @property
    def broken(self) -> bool:
        """Whether what is deployed answers nothing but 500."""
        return self.deployed.artifact_id in self.state.broken

    def deploy(self, content: Content) -> None:
        """Let the lane run another artifact; what it says of itself follows."""
        self.state.deployed = content
        if self.state.identity is not None:
            self.state.identity = self.identify(self.state.identity.deployment_record_id)

    def identify(self, deployment_record_id: str) -> RuntimeIdentity:
        """The runtime identity of what is deployed at this moment."""
        identity = self.spec.identity(deployment_record_id)
        return msgspec.structs.replace(
            identity,
            artifact_id=self.deployed.artifact_id,
            source_git_ref=self.deployed.source_git_ref,
        )

    @property
    def bootstraps(self) -> list[Execution]:
        """Every bootstrap that really ran, oldest first."""
        return [run for run in self.state.executions if run.kind == "bootstrap"]

    @property
    def updates(self) -> list[Execution]:
        """Every post-deploy update that really ran, oldest first."""
        return [run for run in self.state.executions if run.kind == "update"]
