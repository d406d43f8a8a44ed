"""The demo's world: one simulated Dokploy, and one simulated Odoo for each of its lanes."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from types import TracebackType

import msgspec

from laneway.testing.simulators.dokploy import (
    DEFAULT_API_KEY,
    DEFAULT_VERSION,
    DokploySimulator,
)
from laneway.testing.simulators.lanes import Execution, LaneSpec, LaneState, SimulatedLane
from laneway.testing.simulators.odoo import OdooSimulator
from laneway.testing.simulators.rows import DokployState, Schedule
from laneway.testing.simulators.timing import Durations, Now, Sleep, utc_now

DEMO_PRODUCT = "odoo"
DEMO_CONTEXT = "cm"
DEMO_SERVER_ID = "server-laneway-demo"
DOKPLOY = "dokploy"

_PROMOTED_FROM = {"prod": "testing"}
_ENVIRONMENT_KINDS = {"testing": "testing", "prod": "production"}
_IMAGE = "registry.example.invalid/odoo-cm@sha256:"
# Testing is ahead of prod, so that there is something to promote.
_ARTIFACTS = {"testing": _IMAGE + "5c" * 32, "prod": _IMAGE + "4b" * 32}
_SOURCE_REFS = {"testing": "7b" * 20, "prod": "6a" * 20}
MAINTENANCE = "maintenance"


class WorldState(msgspec.Struct, kw_only=True):
    """What a state file holds: everything that the servers remember, and their ports by name."""

    dokploy: DokployState = msgspec.field(default_factory=DokployState)
    lanes: dict[str, LaneState] = {}
    ports: dict[str, int] = {}


def demo_lane(instance: str) -> LaneSpec:
    """The specification of one of the demo's lanes, `testing` or `prod`.

    Raises:
        KeyError: the demo has no such instance.
    """
    host = f"{instance}.{DEMO_CONTEXT}.example.invalid"
    return LaneSpec(
        product=DEMO_PRODUCT,
        context=DEMO_CONTEXT,
        instance=instance,
        environment_kind=_ENVIRONMENT_KINDS[instance],
        compose_id=f"demo-compose-{DEMO_CONTEXT}-{instance}",
        domains=(host, f"www.{host}"),
        artifact_id=_ARTIFACTS[instance],
        source_git_ref=_SOURCE_REFS[instance],
    )


class DemoWorld:
    """Starts and stops the servers, and describes them as Laneway's target records.

    Use it as an asynchronous context manager, or with `start` and `stop`.

    Args:
        dokploy_version: the Dokploy release to behave as.
        odoo_version: the Odoo series to behave as.
        website: whether a bootstrap installs Odoo's `website` module.
        maintained: whether people have made a schedule in Dokploy for each lane's maintenance.
        server_id: the remote server of the composes; None for the panel's own host, which makes
            schedules of type `dokploy-server`.
        durations: how long commands and deployments take.
        sleep: waits that long; a test passes one that it holds and releases.
        now: the clock of Dokploy's timestamps.
        state_file: where the world is kept between two lives. A world that is killed and started
            again with the same file has the same ports, rows and databases, and goes on with the
            commands that were in mid-run: they run on a server that did not go away.
        dokploy_port: the port of the simulated Dokploy; 0 takes that of the state file, else a
            free one.
    """

    def __init__(
        self,
        *,
        dokploy_version: str = DEFAULT_VERSION,
        odoo_version: str = "18.0",
        website: bool = True,
        maintained: bool = False,
        server_id: str | None = DEMO_SERVER_ID,
        durations: Durations | None = None,
        sleep: Sleep = asyncio.sleep,
        now: Now = utc_now,
        state_file: Path | None = None,
        dokploy_port: int = 0,
    ) -> None:
        self._state_file = state_file
        self._cleanup = contextlib.ExitStack()
        self._key_file = Path()
        self._state = _load(state_file)
        self._odoo_version = odoo_version
        self._website = website
        self._maintained = maintained
        self._durations = durations or Durations()
        self._sleep = sleep
        self.lanes = {instance: self._lane(instance) for instance in _ENVIRONMENT_KINDS}
        self.sites = {name: self._site(name, lane) for name, lane in self.lanes.items()}
        self.dokploy = DokploySimulator(
            tuple(self.lanes.values()),
            version=dokploy_version,
            api_key=DEFAULT_API_KEY,
            server_id=server_id,
            durations=self._durations,
            sleep=sleep,
            now=now,
            state=self._state.dokploy,
            changed=self._save,
            port=dokploy_port or self._state.ports.get(DOKPLOY, 0),
        )

    async def start(self) -> None:
        """Start every server.

        Raises:
            OSError: a port that was asked for is taken.
        """
        self._write_key()
        for site in self.sites.values():
            await site.start()
        await self.dokploy.start()
        for lane in self.lanes.values() if self._maintained else ():
            self.dokploy.keep(_maintenance(lane.spec, self.dokploy.server_id))
        self._state.ports = {DOKPLOY: self.dokploy.port}
        self._state.ports |= {name: site.port for name, site in self.sites.items()}
        self._save()

    async def stop(self) -> None:
        """Stop every server; commands in mid-run are left where they are."""
        await self.dokploy.stop()
        for site in self.sites.values():
            await site.stop()
        self._cleanup.close()

    async def __aenter__(self) -> DemoWorld:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def bootstraps(self) -> list[Execution]:
        """Every bootstrap that really ran on any lane."""
        return self.dokploy.bootstraps

    def targets(self) -> dict[str, object]:
        """The target records document, which the drivers read, for the servers as they listen."""
        return {"targets": [self._target(name) for name in self.lanes]}

    def describe(self) -> dict[str, object]:
        """The base URLs of the servers, and the target records document."""
        return {
            "dokploy": {"url": self.dokploy.url, "version": str(self.dokploy.version)},
            "odoo": {name: {"url": site.url} for name, site in self.sites.items()},
            "targets": self.targets(),
        }

    def _lane(self, instance: str) -> SimulatedLane:
        state = self._state.lanes.setdefault(instance, LaneState())
        return SimulatedLane(demo_lane(instance), state)

    def _site(self, instance: str, lane: SimulatedLane) -> OdooSimulator:
        return OdooSimulator(
            lane,
            version=self._odoo_version,
            website=self._website,
            durations=self._durations,
            sleep=self._sleep,
            port=self._state.ports.get(instance, 0),
        )

    def _target(self, instance: str) -> dict[str, object]:
        spec, site = self.lanes[instance].spec, self.sites[instance]
        record: dict[str, object] = {
            "product": spec.product,
            "context": spec.context,
            "instance": spec.instance,
            "dokploy": self._dokploy_record(spec),
            "odoo": {"base_url": site.url, "version": site.version},
            "expected": _expected_record(spec),
            "policy": _policy_record(spec),
            "maintenance": {"windows": [{"from": "00:00", "to": "00:00"}]},
        }
        source = _PROMOTED_FROM.get(instance)
        return record if source is None else {**record, "promotion": self._promotion(source)}

    def _promotion(self, source: str) -> dict[str, object]:
        spec, site = self.lanes[source].spec, self.sites[source]
        return {
            "source": {
                "instance": spec.instance,
                "compose_id": spec.compose_id,
                "name": spec.live_name,
                "odoo": {"base_url": site.url},
            }
        }

    def _dokploy_record(self, spec: LaneSpec) -> dict[str, object]:
        record: dict[str, object] = {
            "url": self.dokploy.url,
            "api_key": f"file:{self._key_file}",
            "compose_id": spec.compose_id,
        }
        if self.dokploy.server_id is not None:
            record["server_id"] = self.dokploy.server_id
        if self._maintained:
            schedule = _maintenance(spec, self.dokploy.server_id)
            known = {"schedule_id": schedule.schedule_id, "name": schedule.name}
            record["schedules"] = {MAINTENANCE: known}
        return record

    def _write_key(self) -> None:
        """Put Dokploy's key where the target records refer to it: a record never holds a secret."""
        folder = self._state_file and self._state_file.absolute().parent
        if folder is None:
            folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory()))
        name = self._state_file.name if self._state_file else "world"
        self._key_file = folder / f"{name}.key"
        self._key_file.touch(mode=0o600)
        self._key_file.write_text(self.dokploy.api_key)

    def _save(self) -> None:
        if self._state_file is None:
            return
        # A rename replaces the file at once, so a kill in mid-write leaves the old one whole.
        draft = self._state_file.with_name(f"{self._state_file.name}.draft")
        draft.write_bytes(msgspec.json.encode(self._state))
        draft.replace(self._state_file)


def _maintenance(spec: LaneSpec, server_id: str | None) -> Schedule:
    """A schedule of people's own, which tidies up on the host while the compose is stopped."""
    return Schedule(
        schedule_id=f"demo-maintenance-{spec.context}-{spec.instance}",
        name=f"Maintenance of {spec.live_name}",
        app_name=f"schedule-maintenance-{spec.live_name}",
        cron_expression="0 3 * * 0",
        command="",
        script=f"docker image prune --force # for {spec.app_name}",
        schedule_type="server" if server_id else "dokploy-server",
        server_id=server_id,
        created_at="2026-01-05T09:00:00.000Z",
        enabled=False,
    )


def _load(state_file: Path | None) -> WorldState:
    if state_file is None or not state_file.exists():
        return WorldState()
    return msgspec.json.decode(state_file.read_bytes(), type=WorldState)


def _expected_record(spec: LaneSpec) -> dict[str, object]:
    return {
        "name": spec.live_name,
        "domains": list(spec.domains),
        "database": spec.database,
        "logo_sha256": spec.logo_sha256,
        "artifact_id": spec.artifact_id,
        "source_git_ref": spec.source_git_ref,
        "runtime_identity": {
            "product": spec.product,
            "context": spec.context,
            "instance": spec.instance,
            "environment_kind": spec.environment_kind,
        },
    }


def _policy_record(spec: LaneSpec) -> dict[str, object]:
    return {
        "odoo_stable_bootstrap": {
            "enabled": True,
            "approval_issue_url": "https://tracker.example.invalid/issues/1",
            "confirmation": f"bootstrap {spec.context} {spec.instance}",
            "expected_target_name": spec.live_name,
            "expected_domains": list(spec.domains),
            "data_source_mode": "empty",
            "require_health_verification": True,
            "require_canonical_verification": True,
            "require_logo_verification": True,
        },
        "odoo_promotion": {
            "enabled": spec.instance in _PROMOTED_FROM,
            "approval_issue_url": "https://tracker.example.invalid/issues/2",
            "confirmation": f"promote {spec.context} testing to {spec.instance}",
        },
        "odoo_data_policy": {
            "data_authority": "resettable",
            "allowed_rebuild_sources": ["empty"],
            "requires_runtime_identity": True,
        },
    }
