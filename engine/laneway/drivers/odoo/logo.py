"""``odoo.check_logo``: the company's logo is the lane's.

Odoo answers 200 with its stock logo whenever it has nothing better, and 200 with a placeholder for
records that are not there. So the digest of the image is compared with the recorded one; without
one, the images that are known to mean nothing are refused at least.
"""

import hashlib

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient
from laneway.drivers.odoo.probes import Asked, Probe, Site, conclude, skipped
from laneway.drivers.odoo.schemas import CHECK_PARAMETERS, check_evidence
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionResult

KNOWN_SIZES = {2_901: "the stock Odoo logo", 6_078: "Odoo's placeholder image"}
"""Sizes in bytes, as measured on Odoo 18, of the images that stand for no image."""

_PUBLIC_LOGO = "/logo.png"

SPEC = ActionSpec(
    action_id="odoo.check_logo",
    safety=Safety.READ,
    idempotent=True,
    parameters=CHECK_PARAMETERS,
    evidence=check_evidence(
        sha256={"type": ["string", "null"]}, expected_sha256={"type": ["string", "null"]}
    ),
    authz_action="odoo_logo.read",
    label="Check logo",
    description="The company's logo is an image of the lane's own, with the recorded digest.",
)


class CheckLogo(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Fetch the company's logo and what visitors are shown."""
        record = read_target(context)
        policy = record.policy.odoo_stable_bootstrap
        unneeded = skipped(context, by_policy=policy.require_logo_verification)
        if unneeded is not None:
            return unneeded
        site, expected = Site(self._http, record.odoo), record.expected.logo_sha256
        company = await site.ask("company_logo", record.odoo.logo_path)
        public = await site.ask("public_logo", _PUBLIC_LOGO)
        probes = (_digested(company, expected), _image(public))
        told = {"sha256": _digest(company), "expected_sha256": expected}
        return conclude("logo", site.base_url, probes, told)


def _digested(asked: Asked, expected: str | None) -> Probe:
    probe, found = _image(asked), _digest(asked)
    if probe.status != "pass" or expected in (None, found):
        return probe
    return probe.failed("mismatch", f"the image's SHA-256 is {found}, not {expected}")


def _image(asked: Asked) -> Probe:
    """Whether the answer is an image that means something."""
    if asked.response is None:
        return asked.probe
    kind = asked.response.content_type.partition(";")[0].strip().lower()
    if not kind.startswith("image/"):
        return asked.probe.failed("not_an_image", f"the answer is {kind or 'of no type'}")
    known = KNOWN_SIZES.get(len(asked.response.body))
    if known is not None:
        return asked.probe.failed("stock_image", f"the image is {known}")
    if not asked.response.body:
        return asked.probe.failed("not_an_image", "the answer is empty")
    return asked.probe


def _digest(asked: Asked) -> str | None:
    if asked.response is None:
        return None
    return hashlib.sha256(asked.response.body).hexdigest()
