"""``odoo.check_canonical``: the site says that it lives where the lane's record says.

With Odoo's `website` module a page advertises its canonical address; after a preview it may still
advertise the preview's, or carry its marker.
"""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from laneway.core.model import ActionSpec, Safety
from laneway.drivers.actions import NoRecovery
from laneway.drivers.http import HttpClient, same_origin
from laneway.drivers.odoo.probes import Asked, Probe, Site, conclude, skipped
from laneway.drivers.odoo.schemas import CHECK_PARAMETERS, check_evidence
from laneway.drivers.target import read_target
from laneway.ports.driver import ActionContext, ActionResult

PREVIEW = "preview"
_PREVIEW_META = "launchplane-preview"
_REDIRECTS = 3

SPEC = ActionSpec(
    action_id="odoo.check_canonical",
    safety=Safety.READ,
    idempotent=True,
    parameters=CHECK_PARAMETERS,
    evidence=check_evidence(canonical={"type": ["string", "null"]}),
    authz_action="odoo_canonical.read",
    label="Check canonical address",
    description="The login page advertises the lane's address, and nothing of a preview.",
)


class CheckCanonical(NoRecovery):
    """The action."""

    spec = SPEC

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Read the login page and compare what it advertises."""
        record = read_target(context)
        policy = record.policy.odoo_stable_bootstrap
        unneeded = skipped(context, by_policy=policy.require_canonical_verification)
        if unneeded is not None:
            return unneeded
        site = Site(self._http, record.odoo)
        asked = await site.ask("canonical", record.odoo.login_path, redirects=_REDIRECTS)
        page = _read(asked)
        probe = _judge(asked.probe, page, site.base_url) if page else asked.probe
        told = {"canonical": page.canonical if page else None}
        return conclude("canonical", site.base_url, (probe,), told)


class _Page(HTMLParser):
    """What a page's tags advertise."""

    def __init__(self) -> None:
        super().__init__()
        self.canonical: str | None = None
        self.preview: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and "canonical" in given.get("rel", "").lower().split():
            self.canonical = self.canonical or given.get("href", "")
        if given.get("name", "").lower() == _PREVIEW_META:
            self.preview = self.preview or f"the marker {_PREVIEW_META}"
        for value in given.values():
            if _of_a_preview(value):
                self.preview = self.preview or f"the address {value}"


def _read(asked: Asked) -> _Page | None:
    if asked.response is None:
        return None
    page = _Page()
    page.feed(asked.response.text)
    page.close()
    return page


def _judge(probe: Probe, page: _Page, base_url: str) -> Probe:
    if page.canonical is None:
        return probe.failed("missing", "the page advertises no canonical address")
    if not _same_place(probe.url, page.canonical, base_url):
        return probe.failed("mismatch", f"the page advertises {page.canonical}")
    if page.preview is not None and not _of_a_preview(base_url):
        return probe.failed("stale_preview", f"the page still carries {page.preview}")
    return probe


def _same_place(page_url: str, href: str, base_url: str) -> bool:
    """Whether an address that a page advertises is the base URL or below it."""
    try:
        canonical = urljoin(page_url, href)
        below = urlsplit(canonical).path.rstrip("/") + "/"
        return same_origin(canonical, base_url) and below.startswith(
            urlsplit(base_url).path.rstrip("/") + "/"
        )
    except ValueError:
        return False


def _of_a_preview(url: str) -> bool:
    """Whether a URL's host has a label that says preview: ``pr-42.cm-preview.example.org``."""
    if not url.lower().startswith(("http://", "https://")):
        return False
    try:
        labels = (urlsplit(url).hostname or "").split(".")
    except ValueError:
        return False
    return any(PREVIEW in label.split("-") for label in labels)
