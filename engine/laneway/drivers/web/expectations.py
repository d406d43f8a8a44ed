"""Whether an answer is what a plan expects. Pure."""

from collections.abc import Iterator
from typing import Any

from laneway.drivers.http import REDIRECTS, HttpResponse
from laneway.drivers.probes import Probe, status_class
from laneway.drivers.redaction import REDACTED, secrets_of
from laneway.drivers.web.parameters import Expect, Scalar
from laneway.drivers.web.places import without_query

_LONGEST_VALUE = 100
_MISSING = object()


def judge(probe: Probe, response: HttpResponse, expect: Expect) -> Probe:
    """The probe of an answer: it fails with the first expectation that is not met."""
    if not status_expected(response.status, expect):
        return _wrong_status(probe, response)
    for failure_class, detail in _unmet(response, expect):
        return probe.failed(failure_class, detail)
    return probe


def status_expected(status: int, expect: Expect) -> bool:
    """Whether the answer's status is one that the plan names."""
    wanted = expect.status
    if wanted is None:
        return 200 <= status <= 299
    return status in ((wanted,) if isinstance(wanted, int) else wanted)


def _wrong_status(probe: Probe, response: HttpResponse) -> Probe:
    if response.status in REDIRECTS:
        return probe.failed("redirected", f"it leads to {without_query(response.location)}")
    told = status_class(response.status)
    lasting = "wrong_status" if told == "invalid" else told
    return probe.failed(lasting, f"HTTP {response.status} is not what was expected")


def _unmet(response: HttpResponse, expect: Expect) -> Iterator[tuple[str, str]]:
    wanted = expect.content_type
    if wanted is not None and not response.content_type.lower().startswith(wanted.lower()):
        yield "wrong_content_type", f"the content type does not begin with {wanted!r}"
    yield from _unmet_headers(response, expect.headers)
    texts = (expect.contains,) if isinstance(expect.contains, str) else expect.contains
    for text in texts:
        if text not in response.text:
            yield "wrong_body", f"the body does not contain {text!r}"
    if expect.json:
        yield from _unmet_json(response, expect.json)


def _unmet_headers(
    response: HttpResponse, wanted: dict[str, str | None]
) -> Iterator[tuple[str, str]]:
    """A header's value is never told: it may be a cookie."""
    for name, text in wanted.items():
        value = response.headers.get(name.lower())
        if text is None and value is not None:
            yield "wrong_header", f"there is a header {name}"
        elif text is not None and value is None:
            yield "missing_header", f"there is no header {name}"
        elif text is not None and text.lower() not in (value or "").lower():
            yield "wrong_header", f"the header {name} does not contain {text!r}"


def _unmet_json(response: HttpResponse, wanted: dict[str, Scalar]) -> Iterator[tuple[str, str]]:
    try:
        content = response.json()
    except ValueError:
        yield "malformed", "the body is not JSON"
        return
    for pointer, value in wanted.items():
        found = _at(content, pointer)
        if found is _MISSING:
            yield "wrong_json", f"the JSON has no {pointer}"
        elif not _same(found, value):
            yield "wrong_json", f"{pointer} is {_shown(pointer, found)}, not {value!r}"


def _at(content: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901); `_MISSING` where there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict) and name in content:
            content = content[name]
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
        else:
            return _MISSING
    return content


def _same(found: Any, wanted: Scalar) -> bool:
    """Equality as JSON has it: a truth value is no number."""
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


def _shown(pointer: str, found: Any) -> str:
    if secrets_of(f"{pointer.rpartition('/')[2]}=value"):
        return REDACTED
    if isinstance(found, dict | list):
        return "a list" if isinstance(found, list) else "an object"
    return repr(found)[:_LONGEST_VALUE]
