"""The HTTP driver."""

from collections.abc import Iterable, Sequence

from laneway.drivers.http import HttpClient, HttpSettings
from laneway.drivers.web import certificate, check, request
from laneway.drivers.web.places import allowed_hosts
from laneway.ports.driver import Action, DriverDescriptor, SettingGroup

DESCRIPTOR = DriverDescriptor(
    driver_id="http",
    label="HTTP",
    description="Checks and requests that a plan spells out.",
    provider_boundary=(
        "Calls go to the lane's own address, and to the hosts that the server's settings allow."
        " Secrets are named in the lane's target record; evidence shows neither them nor queries."
    ),
    capabilities=("verification", "dry_run"),
    actions=(check.SPEC, certificate.SPEC, request.READ, *request.WRITES),
    setting_groups=(
        SettingGroup(
            group_id="lane",
            label="The lane's address",
            description="What paths are relative to, and the secrets that headers may carry.",
            fields=("odoo.base_url",),
            secret_bindings=("drivers.http.secrets",),
        ),
    ),
)


class HttpDriver:
    """Actions on whatever answers HTTP.

    Args:
        http: the limits of every call.
        hosts: ``HOST``, ``HOST:PORT`` or ``*.DOMAIN``: where calls may go, beside the lane's own
            address. Without a port the scheme's own is meant.

    Raises:
        RegistryError: an entry of ``hosts`` cannot be read.
    """

    descriptor = DESCRIPTOR

    def __init__(self, http: HttpSettings | None = None, hosts: Iterable[str] = ()) -> None:
        self._http = HttpClient(http)
        allowed = allowed_hosts(hosts)
        self._actions: tuple[Action, ...] = (
            check.CheckAddresses(self._http, allowed),
            certificate.CheckCertificate(self._http.settings, allowed),
            request.RequestRead(self._http, allowed),
            *(request.RequestWrite(spec, self._http, allowed) for spec in request.WRITES),
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
