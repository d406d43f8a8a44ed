"""The Odoo driver."""

from collections.abc import Sequence

from laneway.drivers.dokploy.pace import RunSettings
from laneway.drivers.http import HttpClient, HttpSettings
from laneway.drivers.odoo import (
    backup,
    bootstrap,
    canonical,
    health,
    logo,
    post_deploy,
    prove_backup,
    prove_policy,
    prove_promotion,
    prove_source,
    restore,
    runtime_identity,
    version,
)
from laneway.ports.driver import Action, DriverDescriptor, SettingGroup

DESCRIPTOR = DriverDescriptor(
    driver_id="odoo",
    base_driver_id="dokploy",
    label="Odoo",
    description="Odoo lanes that run as a compose in Dokploy.",
    product="odoo",
    provider_boundary=(
        "Callers send a confirmation and nothing else. Dokploy's ids, addresses and key, Odoo's"
        " address and the policies come from the lane's target record."
    ),
    capabilities=(
        "stable_bootstrap",
        "promotion",
        "backup_restore",
        "post_deploy",
        "verification",
        "dry_run",
    ),
    actions=(
        prove_policy.SPEC,
        prove_promotion.SPEC,
        prove_source.SPEC,
        bootstrap.SPEC,
        post_deploy.SPEC,
        backup.SPEC,
        prove_backup.SPEC,
        restore.SPEC,
        health.SPEC,
        canonical.SPEC,
        logo.SPEC,
        runtime_identity.SPEC,
        version.SPEC,
    ),
    setting_groups=(
        SettingGroup(
            group_id="site",
            label="Odoo",
            description="Where the lane's Odoo answers, and the paths that are the product's own.",
            fields=(
                "odoo.base_url",
                "odoo.version",
                "odoo.health_path",
                "odoo.login_path",
                "odoo.logo_path",
            ),
        ),
        SettingGroup(
            group_id="expected_site",
            label="Expected Odoo",
            description="What must be found there once the lane is bootstrapped.",
            fields=("expected.database", "expected.logo_sha256", "expected.runtime_identity"),
        ),
        SettingGroup(
            group_id="bootstrap_policy",
            label="Bootstrap policy",
            description="Whether the lane may be made anew, and what its data are worth.",
            fields=("policy.odoo_stable_bootstrap", "policy.odoo_data_policy"),
        ),
        SettingGroup(
            group_id="promotion",
            label="Promotion",
            description="Whether artifacts may come to the lane, and from which other lane.",
            fields=("policy.odoo_promotion", "promotion.source"),
        ),
    ),
)


class OdooDriver:
    """Actions on a lane's Odoo.

    Args:
        http: the limits of every HTTP call to the panel.
        probes: the limits of those to the lane's Odoo; None: the same.
        runs: the patience with which runs of schedules are watched.
    """

    descriptor = DESCRIPTOR

    def __init__(
        self,
        http: HttpSettings | None = None,
        runs: RunSettings | None = None,
        probes: HttpSettings | None = None,
    ) -> None:
        self._http = HttpClient(http)
        self._probes = HttpClient(probes or http)
        patience = runs or RunSettings()
        self._actions: tuple[Action, ...] = (
            prove_policy.ProvePolicy(),
            prove_promotion.ProvePromotion(),
            prove_source.ProveSource(self._http, self._probes),
            bootstrap.bootstrap(self._http, patience),
            post_deploy.post_deploy(self._http, patience),
            backup.backup(self._http, patience),
            prove_backup.ProveBackup(self._http),
            restore.restore(self._http, patience),
            health.CheckHealth(self._probes),
            canonical.CheckCanonical(self._probes),
            logo.CheckLogo(self._probes),
            runtime_identity.CheckRuntimeIdentity(self._probes),
            version.CheckVersion(self._probes),
        )

    def actions(self) -> Sequence[Action]:
        """Every action of the descriptor."""
        return self._actions

    async def start(self) -> None:
        """Open the pools of connections."""
        await self._http.start()
        await self._probes.start()

    async def stop(self) -> None:
        """Close them."""
        await self._probes.stop()
        await self._http.stop()
