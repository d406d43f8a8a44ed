"""Making the calls that a plan spells out, and showing them without what is secret in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from laneway.drivers.http import HttpClient, HttpFailed, HttpResponse
from laneway.drivers.probes import Probe, class_of
from laneway.drivers.redaction import REDACTED, Redactor, secrets_of
from laneway.drivers.web.expectations import judge
from laneway.drivers.web.parameters import Call, SecretHeader
from laneway.drivers.web.places import AllowedHost, PlaceRefused, resolve, without_query
from laneway.ports.driver import ActionContext, ActionFailed


class Site(msgspec.Struct, frozen=True):
    """The lane's own address."""

    base_url: str


class HttpSection(msgspec.Struct, frozen=True):
    """What target records say to this driver, in ``drivers.http``: secrets by name."""

    secrets: dict[str, str] = {}


class Sections(msgspec.Struct, frozen=True):
    """What target records say to drivers."""

    http: HttpSection = HttpSection()


class WebTarget(msgspec.Struct, frozen=True):
    """The parts of a target record that matter here; a lane need not be Odoo's or Dokploy's."""

    product: str
    context: str
    instance: str
    odoo: Site | None = None
    drivers: Sections = Sections()

    @property
    def base_url(self) -> str:
        """The lane's own address, or empty."""
        return self.odoo.base_url.rstrip("/") if self.odoo else ""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A call that may be made, with its secrets in it.

    Attributes:
        secret_headers: names, in lower case, of the headers that evidence never shows.
    """

    call: Call
    url: str
    headers: dict[str, str]
    secret_headers: frozenset[str]
    redactor: Redactor

    def probe(self, name: str) -> Probe:
        """The probe of this call, before there is an answer."""
        return Probe(probe=name, url=self.redactor.text(without_query(self.url)), status="pass")

    def shown(self, *, whole: bool = False) -> dict[str, Any]:
        """The call as evidence: never its query or a secret; ``whole`` shows the body too."""
        shown: dict[str, Any] = {
            "method": self.call.method,
            "url": without_query(self.url),
            "headers": {name: self._header(name, value) for name, value in self.headers.items()},
        }
        if whole and self.call.json is not None:
            shown["json"] = _named_secrets_hidden(self.call.json)
        redacted: dict[str, Any] = self.redactor.value(shown)
        return redacted

    def _header(self, name: str, value: str) -> str:
        return REDACTED if name.lower() in self.secret_headers else value


def read_target(context: ActionContext) -> WebTarget:
    """The attempt's target record.

    Raises:
        ActionFailed: it does not have its shape, or is another lane's; code ``target_invalid``.
    """
    try:
        target = msgspec.convert(context.target, WebTarget)
    except msgspec.ValidationError as error:
        message = f"the lane's target record cannot be used: {error}"
        raise ActionFailed("target_invalid", message, retry_class="invalid") from error
    lane = context.lane
    if (target.product, target.context, target.instance) != tuple(msgspec.structs.astuple(lane)):
        message = f"the target record is that of another lane than {lane}"
        raise ActionFailed("target_invalid", message, retry_class="invalid")
    return target


def prepare(
    call: Call,
    context: ActionContext,
    target: WebTarget,
    hosts: Sequence[AllowedHost],
    extra: Mapping[str, str],
) -> Prepared:
    """Find out where a call goes, and put its secrets into it.

    Args:
        hosts: that it may go to, beside the lane's own.
        extra: headers to add; they win over the plan's.

    Raises:
        PlaceRefused: it may not go there.
        ActionFailed: a secret is not there, or the parameters are wrong.
    """
    url = resolve(call.place, call.query, target.base_url, hosts)
    secrets = {
        name: _secret(context, target, given)
        for name, given in call.headers.items()
        if isinstance(given, SecretHeader)
    }
    plain = {name: given for name, given in call.headers.items() if isinstance(given, str)}
    hidden = {name.lower() for name in (*secrets, *(n for n in plain if _is_secret(n)))}
    headers = {**plain, **{name: prefix + value for name, (prefix, value) in secrets.items()}}
    added = {name.lower() for name in extra}
    kept = {name: value for name, value in headers.items() if name.lower() not in added}
    return Prepared(
        call=call,
        url=url,
        headers={**kept, **extra},
        secret_headers=frozenset(hidden - added),
        redactor=Redactor(value for _, value in secrets.values()),
    )


async def ask(
    http: HttpClient,
    name: str,
    call: Call,
    context: ActionContext,
    target: WebTarget,
    hosts: Sequence[AllowedHost],
) -> Probe:
    """Make a call that changes nothing, and judge its answer; what kept it from coming is told."""
    try:
        prepared = prepare(call, context, target, hosts, {})
    except PlaceRefused as refused:
        probe = Probe(probe=name, url=without_query(call.place)[:200], status="fail")
        return probe.failed(refused.failure_class, str(refused))
    try:
        response = await http.request(
            call.method,
            prepared.url,
            headers=prepared.headers,
            json=call.json,
            total_ms=milliseconds(call),
            max_bytes=call.max_bytes,
            redirects=call.redirects,
        )
    except HttpFailed as failed:
        return prepared.probe(name).failed(class_of(failed), prepared.redactor.text(str(failed)))
    return judged(prepared, name, response)


def judged(prepared: Prepared, name: str, response: HttpResponse) -> Probe:
    """The probe of a call that was answered."""
    redact = prepared.redactor.text
    answered = msgspec.structs.replace(
        prepared.probe(name),
        url=redact(without_query(response.url)),
        status_code=response.status,
        content_type=redact(response.content_type[:200]),
    )
    probe = judge(answered, response, prepared.call.expect)
    return msgspec.structs.replace(probe, detail=redact(probe.detail))


def milliseconds(call: Call) -> int | None:
    """The limit of the call; None where the plan sets none."""
    return None if call.timeout_seconds is None else call.timeout_seconds * 1_000


def _secret(context: ActionContext, target: WebTarget, given: SecretHeader) -> tuple[str, str]:
    reference = target.drivers.http.secrets.get(given.secret)
    if reference is None:
        message = f"the lane's target record has no secret {given.secret!r} in drivers.http.secrets"
        raise ActionFailed("secret_missing", message, retry_class="invalid")
    return given.prefix, context.secret(reference).strip()


def _is_secret(name: str) -> bool:
    """Whether something of that name is secret."""
    return name.lower() == "cookie" or bool(secrets_of(f"{name}=value"))


def _named_secrets_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: REDACTED if _is_secret(key) else _named_secrets_hidden(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_named_secrets_hidden(item) for item in value]
    return value
