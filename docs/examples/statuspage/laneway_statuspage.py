"""A Laneway driver for a status page: is it quiet, and announce that work begins.

The page's API: ``GET /notices`` lists notices, ``POST /notices`` adds one, each time that it is
called. A notice has the ``key`` that it was posted with, a ``title``, and ``open``.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.core.events import Failure
from laneway.core.model import ActionScope, ActionSpec, Safety
from laneway.drivers.http import HttpClient, HttpFailed, status_retry_class
from laneway.ports.driver import (
    Action,
    ActionContext,
    ActionFailed,
    ActionResult,
    DriverDescriptor,
    OutcomeUnknown,
    SettingGroup,
)

CHECK_QUIET = ActionSpec(
    action_id="statuspage.check_quiet",
    safety=Safety.READ,
    idempotent=True,
    parameters={"type": "object", "additionalProperties": False},
    evidence={
        "type": "object",
        "properties": {"open": {"type": "array", "items": {"type": "string"}}},
        "required": ["open"],
        "additionalProperties": False,
    },
    authz_action="statuspage.read",
    label="Check that the page is quiet",
    description="No notice is open on the status page.",
)

ANNOUNCE = ActionSpec(
    action_id="statuspage.announce",
    safety=Safety.MUTATION,
    recoverable=True,
    supports_dry_run=True,
    parameters={
        "type": "object",
        "properties": {"title": {"type": "string", "minLength": 1, "maxLength": 200}},
        "required": ["title"],
        "additionalProperties": False,
    },
    evidence={
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "title": {"type": "string"},
            "would_send": {"type": "object"},
        },
        "additionalProperties": False,
    },
    authz_action="statuspage.write",
    label="Announce",
    description="Opens a notice on the status page.",
    writes_records=("statuspage.notice",),
)

DESCRIPTOR = DriverDescriptor(
    driver_id="statuspage",
    label="Status page",
    description="Tells people of work on a lane.",
    provider_boundary="The page's address and token come from the lane's target record.",
    capabilities=("announce", "dry_run"),
    actions=(CHECK_QUIET, ANNOUNCE),
    setting_groups=(
        SettingGroup(
            group_id="page",
            label="Status page",
            description="Where the page is, and the token that opens it.",
            scope=ActionScope.INSTANCE,
            fields=("drivers.statuspage.url",),
            secret_bindings=("drivers.statuspage.token",),
        ),
    ),
)


class PageTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a lane's target record says under ``drivers.statuspage``; ``token`` is a reference."""

    url: str
    token: str


class Notice(msgspec.Struct, frozen=True):
    """A notice, as the page tells it."""

    key: str
    title: str
    open: bool


class Page:
    """A lane's status page, for one attempt."""

    def __init__(self, http: HttpClient, context: ActionContext) -> None:
        target = _target(context)
        self._http = http
        self._url = f"{target.url}/notices"
        # Read at the moment of use; from now on the engine redacts it wherever it shows up.
        self._headers = {"Authorization": f"Bearer {context.secret(target.token)}"}

    async def notices(self) -> list[Notice]:
        """Every notice.

        Raises:
            ActionFailed: the page did not tell; nothing was changed by asking.
        """
        try:
            answer = await self._http.request("GET", self._url, headers=self._headers)
        except HttpFailed as failed:
            raise failed.as_action_failed() from failed
        if answer.status != 200:
            retry_class = status_retry_class(answer.status)
            raise ActionFailed("page_refused", f"HTTP {answer.status}", retry_class=retry_class)
        return msgspec.convert(answer.json(), list[Notice])

    async def post(self, notice: dict[str, str]) -> bool:
        """Add a notice, over a connection of its own; whether the page says that it did.

        Raises:
            ActionFailed: it is certain that nothing was added.
        """
        try:
            answer = await self._http.request_once(
                "POST", self._url, headers=self._headers, json=notice, total_ms=30_000
            )
        except HttpFailed as failed:
            if not failed.sent:
                raise failed.as_action_failed() from failed
            return False
        if 400 <= answer.status < 500:
            raise ActionFailed("page_refused", f"HTTP {answer.status}", retry_class="invalid")
        return answer.status == 201


class CheckQuiet:
    """``statuspage.check_quiet``."""

    spec = CHECK_QUIET

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Look for open notices."""
        titles = [n.title for n in await Page(self._http, context).notices() if n.open]
        if not titles:
            return ActionResult(outcome="pass", evidence={"open": []})
        failure = Failure("page_not_quiet", f"{len(titles)} notices are open")
        return ActionResult(outcome="fail", evidence={"open": titles}, failure=failure)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Refuse: the engine runs reads again."""
        raise ActionFailed("not_recoverable", "a read is run again")

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Refuse: in a dry run the engine runs reads for real."""
        raise ActionFailed("no_dry_run", "a read is run for real")


class Announce:
    """``statuspage.announce``."""

    spec = ANNOUNCE

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, context: ActionContext) -> ActionResult:
        """Post the notice, once."""
        page, notice = Page(self._http, context), _notice(context)
        # First written down, then done: a crash after this line finds the checkpoint.
        await context.save_checkpoint(notice, "posting the notice")
        if await page.post(notice):
            return ActionResult(outcome="pass", evidence=notice)
        return await self._find(page, notice)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Look for the notice; never post it."""
        if context.checkpoint is None:
            raise ActionFailed("not_started", "the notice was not posted")
        return await self._find(Page(self._http, context), context.checkpoint)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Look whether the page answers, and tell what would be posted."""
        await Page(self._http, context).notices()
        return ActionResult(outcome="pass", evidence={"would_send": _notice(context)})

    async def _find(self, page: Page, notice: dict[str, Any]) -> ActionResult:
        try:
            found = any(each.key == notice["key"] for each in await page.notices())
        except ActionFailed as failed:
            # Not a failure of the attempt: it may well have gone through.
            raise OutcomeUnknown("page_silent", f"the page does not tell: {failed}") from failed
        if found:
            return ActionResult(outcome="pass", evidence=dict(notice))
        # Not listed, but it may still be on its way. To post it again would be a guess.
        raise OutcomeUnknown("notice_not_found", "the notice was posted, and is not listed")


class StatusPageDriver:
    """The driver; the entry point names this class."""

    descriptor = DESCRIPTOR

    def __init__(self) -> None:
        self._http = HttpClient()
        self._actions: tuple[Action, ...] = (CheckQuiet(self._http), Announce(self._http))

    def actions(self) -> Sequence[Action]:
        """Every action of the descriptor."""
        return self._actions

    async def start(self) -> None:
        """Open the pool of connections."""
        await self._http.start()

    async def stop(self) -> None:
        """Close it."""
        await self._http.stop()


def _notice(context: ActionContext) -> dict[str, str]:
    # The token names the attempt: the same when it is recovered, another for the next attempt.
    return {"key": context.token, "title": context.parameters["title"]}


def _target(context: ActionContext) -> PageTarget:
    try:
        return msgspec.convert(context.target.get("drivers", {})["statuspage"], PageTarget)
    except (KeyError, msgspec.ValidationError) as error:
        message = f"the lane's target record has no usable drivers.statuspage: {error}"
        raise ActionFailed("target_invalid", message, retry_class="invalid") from error
