"""``http.check_certificate``: the lane's TLS certificate is trusted, and does not expire soon."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from laneway.core.instants import as_datetime, instant
from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpFailed, HttpSettings
from laneway.drivers.probes import Probe, class_of, conclude
from laneway.drivers.tls import Certificate, certificate_of
from laneway.drivers.web.calls import read_target
from laneway.drivers.web.check import PROBES_EVIDENCE
from laneway.drivers.web.parameters import Shape, read
from laneway.drivers.web.places import AllowedHost, PlaceRefused, resolve, without_query
from laneway.ports.driver import ActionContext, ActionResult

_HTTPS = 443

SPEC = ActionSpec(
    action_id="http.check_certificate",
    safety=Safety.READ,
    idempotent=True,
    parameters={
        "type": "object",
        "properties": {
            "url": {
                "type": "string",
                "pattern": "^https?://",
                "maxLength": 2048,
                "description": "Left out: the lane's own address, the target record's"
                " `odoo.base_url`. Another host must be one that the server allows.",
            },
            "least_days": {
                "type": "integer",
                "minimum": 0,
                "maximum": 398,
                "default": 14,
                "description": "For how many days the certificate must still be good.",
            },
            "required": {
                "type": "boolean",
                "default": False,
                "description": "Whether an address without TLS fails, instead of being told.",
            },
        },
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            **PROBES_EVIDENCE,
            "subject": {"type": "string"},
            "issuer": {"type": "string"},
            "expires": {"type": "string"},
            "days_left": {"type": "integer"},
        },
        "additionalProperties": False,
    },
    authz_action="http.read",
    label="Check certificate",
    description="The lane's TLS certificate can be trusted, and will be for some days.",
)


class Parameters(Shape, frozen=True, kw_only=True):
    """What a plan says of it."""

    url: str = ""
    least_days: int = 14
    required: bool = False


class CheckCertificate(NoRecovery):
    """The action.

    Args:
        settings: the limits of a connection.
        hosts: that may be looked at, beside the lane's own.
    """

    spec = SPEC

    def __init__(self, settings: HttpSettings, hosts: Sequence[AllowedHost]) -> None:
        self._settings = settings
        self._hosts = hosts

    async def run(self, context: ActionContext) -> ActionResult:
        """Shake hands, and count the days that are left."""
        target, given = read_target(context), read(context, Parameters)
        place = given.url or target.base_url
        probe = Probe(probe="certificate", url=without_query(place), status="pass")
        told: dict[str, str | int] = {}
        try:
            parts = urlsplit(resolve(place, {}, target.base_url, self._hosts))
            if parts.scheme == "https":
                shown = await certificate_of(
                    parts.hostname or "", parts.port or _HTTPS, self._settings
                )
                told = _told(shown, context)
                probe = _judged(probe, shown, context, given)
            else:
                probe = _without_tls(probe, given)
        except PlaceRefused as refused:
            probe = probe.failed(refused.failure_class, str(refused))
        except HttpFailed as failed:
            probe = probe.failed(class_of(failed), str(failed))
        return conclude("certificate", target.base_url, (probe,), told)


def _told(shown: Certificate, context: ActionContext) -> dict[str, str | int]:
    days = (shown.expires - as_datetime(context.now())) // timedelta(days=1)
    names = {"subject": shown.subject, "issuer": shown.issuer}
    return {**names, "expires": instant(shown.expires), "days_left": days}


def _judged(probe: Probe, shown: Certificate, context: ActionContext, given: Parameters) -> Probe:
    left = shown.expires - as_datetime(context.now())
    if left >= timedelta(days=given.least_days):
        return probe
    detail = f"it expires at {instant(shown.expires)}, in less than {given.least_days} days"
    return probe.failed("expires_soon", detail)


def _without_tls(probe: Probe, given: Parameters) -> Probe:
    message = "the address is not an https one"
    return probe.failed("no_tls", message) if given.required else probe.absent(message)
