"""Probes of the lane's Odoo: what is common to the questions that the checks ask it."""

from urllib.parse import urlsplit

import msgspec

from laneway.drivers.http import (
    REDIRECTS,
    HttpClient,
    HttpFailed,
    HttpResponse,
)
from laneway.drivers.probes import Probe, class_of, conclude, status_class
from laneway.drivers.target import OdooTarget
from laneway.ports.driver import ActionContext, ActionResult

__all__ = ["Asked", "Probe", "Site", "conclude", "skipped"]

_SELECTOR = "/web/database/"
_NO_DATABASE = "Odoo asks which database: none is selected"


class Asked(msgspec.Struct, frozen=True):
    """A probe and, where it passed so far, the answer to look into."""

    probe: Probe
    response: HttpResponse | None = None


class Site:
    """The lane's Odoo."""

    def __init__(self, http: HttpClient, target: OdooTarget) -> None:
        self._http = http
        self.base_url = target.base_url.rstrip("/")

    async def ask(self, probe: str, path: str, *, post: object = None, redirects: int = 0) -> Asked:
        """Ask a path; the probe passes so far where the answer is a 200.

        Args:
            probe: the question's name in the evidence.
            path: begins with a slash.
            post: a JSON body; None asks by GET.
            redirects: how many may be followed, within the site.
        """
        method = "GET" if post is None else "POST"
        url = f"{self.base_url}{path}"
        try:
            response = await self._http.request(method, url, json=post, redirects=redirects)
        except HttpFailed as failed:
            problem = Probe(probe=probe, url=url, status="fail")
            return Asked(problem.failed(class_of(failed), str(failed)))
        return _judged(probe, path, response)


def _judged(name: str, path: str, response: HttpResponse) -> Asked:
    probe = Probe(
        probe=name,
        url=response.url,
        status="pass",
        status_code=response.status,
        content_type=response.content_type,
    )
    if not path.startswith(_SELECTOR) and urlsplit(response.url).path.startswith(_SELECTOR):
        return Asked(probe.failed("no_database", _NO_DATABASE))
    if response.status == 200:
        return Asked(probe, response)
    if response.status in REDIRECTS:
        return Asked(_redirected(probe, response.location))
    detail = f"HTTP {response.status}"
    return Asked(probe.failed(status_class(response.status), detail))


def _redirected(probe: Probe, location: str) -> Probe:
    if urlsplit(location).path.startswith(_SELECTOR):
        return probe.failed("no_database", _NO_DATABASE)
    return probe.failed("redirected", f"it leads to {location}")


def skipped(context: ActionContext, *, by_policy: bool) -> ActionResult | None:
    """The result of a check that neither the plan nor the lane's policy requires; None: do it."""
    if by_policy or context.parameters.get("required", True):
        return None
    return ActionResult(outcome="pass", evidence={"skipped": True})
