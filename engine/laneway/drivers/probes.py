"""Probes: single questions to an address, every one of which is kept as evidence.

A check asks several and concludes from all of them. Where one of them failed in a way that time
may mend, the check fails with that retry class, so that the plan's ``retry`` can act; else its
outcome is ``fail`` for good.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from laneway.core.events import Failure
from laneway.drivers.http import HttpFailed, status_retry_class
from laneway.ports.driver import ActionFailed, ActionResult

ProbeStatus = Literal["pass", "fail", "absent"]

TRANSIENT = ("unavailable", "timeout", "rate_limited")
LONGEST_DETAIL = 300


PROBE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "probe": {"type": "string"},
        "url": {"type": "string"},
        "status": {"enum": ["pass", "fail", "absent"]},
        "status_code": {"type": ["integer", "null"]},
        "content_type": {"type": "string"},
        "failure_class": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["probe", "url", "status", "status_code", "content_type", "failure_class"],
    "additionalProperties": False,
}


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what came of it.

    Attributes:
        status: ``absent`` where the place asked does not exist, and need not.
        failure_class: a retry class, or what was wrong with the answer, in one word.
    """

    probe: str
    url: str
    status: ProbeStatus
    status_code: int | None = None
    content_type: str = ""
    failure_class: str = ""
    detail: str = ""

    def failed(self, failure_class: str, detail: str) -> "Probe":
        """This probe, which did not pass after all."""
        return msgspec.structs.replace(
            self, status="fail", failure_class=failure_class, detail=detail[:LONGEST_DETAIL]
        )

    def absent(self, detail: str) -> "Probe":
        """This probe, of something that is not there."""
        return msgspec.structs.replace(self, status="absent", detail=detail)


def class_of(failed: HttpFailed) -> str:
    """The failure class of a call that got no whole answer."""
    return failed.retry_class if failed.retry_class in TRANSIENT else failed.problem.value


def status_class(status: int) -> str:
    """The failure class of a status that is not the one that was meant to come.

    A 404 is what a proxy answers for a container that does not run, so time may mend it.
    """
    return "unavailable" if status == 404 else status_retry_class(status)


def conclude(
    check: str, base_url: str, probes: Sequence[Probe], more: dict[str, Any] | None = None
) -> ActionResult:
    """The check's result: it passes where no probe failed.

    Args:
        check: in one word; the failure's code is ``<check>_<class>``.
        base_url: of the site.
        probes: all of them.
        more: evidence to add.

    Raises:
        ActionFailed: a probe failed in a way that time may mend, and none for good.
    """
    shown = [msgspec.to_builtins(probe) for probe in probes]
    evidence = {"base_url": base_url, "probes": shown, **(more or {})}
    failed = [probe for probe in probes if probe.status == "fail"]
    if not failed:
        return ActionResult(outcome="pass", evidence=evidence)
    lasting = [probe for probe in failed if probe.failure_class not in TRANSIENT]
    first = (lasting or failed)[0]
    code = f"{check}_{first.failure_class}"
    message = f"{first.probe}: {first.detail} ({first.url})"
    if lasting:
        failure = Failure(code=code, message=message)
        return ActionResult(outcome="fail", evidence=evidence, failure=failure)
    raise ActionFailed(code, message, retry_class=first.failure_class, evidence=evidence)
