"""Scenarios: what is given, and what is expected to come of it; read from their document.

The document is what ``*.scenarios.yaml`` says, and its JSON Schema has accepted it. Durations are
milliseconds here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from laneway.core.instants import parse_duration
from laneway.core.model import Frozen, Lane

Document = Mapping[str, Any]

UNKNOWN, NO_ANSWER, CRASH, HELD, NEVER_BEGAN = (
    "unknown",
    "no_answer",
    "crash",
    "held",
    "not_started",
)
"""Answers that are no outcome: the driver cannot tell; it never answers; the engine is killed while
it is at it; the engine stops before it begins; it never began (when asked what became of it)."""

WORDS = (UNKNOWN, NO_ANSWER, CRASH, HELD, NEVER_BEGAN)


class Answer(Frozen, frozen=True, kw_only=True):
    """What comes of one call of a driver, whether to perform an action or to say what became of it.

    Attributes:
        answer: an outcome of the action, or one of `WORDS`.
        kind: the class of the failure, which a plan's ``retry.on`` names.
        after: how long it takes, in ms.
        down: how long a killed engine is not there, in ms.
    """

    answer: str = "pass"
    kind: str = ""
    code: str = ""
    message: str = ""
    evidence: dict[str, Any] = {}
    digest: str = ""
    after: int = 1_000
    down: int = 0


class Doing(Frozen, frozen=True, kw_only=True):
    """What somebody does meanwhile, or what befalls the engine.

    Attributes:
        do: ``cancel``, ``pause``, ``resume``, ``approve``, ``reject``, ``revoke``, ``reconcile`` or
            ``crash``.
        phase: which one it waits for, and is about; empty: it is done ``after`` the beginning.
        nth: which time that the phase begins (is asked, is unknown), counted from 1.
        after: how long after that, in ms.
        stale: the approver saw something else.
        refused: the code of the refusal that is expected; empty: it is taken.
    """

    do: str
    phase: str = ""
    nth: int = 1
    after: int = 0
    by: str = ""
    comment: str = ""
    outcome: str = ""
    stale: bool = False
    refused: str = ""
    down: int = 0


class Expected(Frozen, frozen=True, kw_only=True):
    """What is expected; what is None is left open.

    Attributes:
        at_least, at_most: of how long the operation takes, in ms.
        evidence: by phase, a part of what it returned.
        attempts: by phase, how many were made.
    """

    status: str
    path: tuple[str, ...] | None = None
    failure: str | None = None
    failed_in: str | None = None
    evidence: dict[str, dict[str, Any]] = {}
    attempts: dict[str, int] = {}
    approvals: tuple[str, ...] | None = None
    at_least: int | None = None
    at_most: int | None = None


class Scenario(Frozen, frozen=True, kw_only=True):
    """One scenario. ``retry_of`` is the name of the one whose operation it retries."""

    name: str
    lane: Lane
    request: dict[str, Any]
    target: dict[str, Any]
    requested_by: str
    dry_run: bool
    answers: dict[str, tuple[Answer, ...]]
    meanwhile: tuple[Doing, ...]
    expect: Expected
    retry_of: str = ""


def read_scenarios(document: Document) -> tuple[Scenario, ...]:
    """The scenarios of a document that its JSON Schema accepts."""
    return tuple(_scenario(document, each) for each in document["scenarios"])


def _scenario(document: Document, scenario: Document) -> Scenario:
    """One scenario; what it does not say of its setting, the document says for all."""
    return Scenario(
        name=scenario["name"],
        lane=Lane(*_either(scenario, document, "lane", "example/example/testing").split("/")),
        request=_either(scenario, document, "request", {}),
        target=_either(scenario, document, "target", {}),
        requested_by=_either(scenario, document, "requested_by", "requester"),
        dry_run=scenario.get("dry_run", False),
        answers={p: tuple(_answers(said)) for p, said in scenario.get("answers", {}).items()},
        meanwhile=tuple(_doing(each) for each in scenario.get("meanwhile", ())),
        expect=_expected(scenario["expect"]),
        retry_of=scenario.get("retry_of", ""),
    )


def _either(scenario: Document, document: Document, key: str, default: Any) -> Any:
    return scenario.get(key, document.get(key, default))


def _answers(said: Any) -> Iterator[Answer]:
    for each in said if isinstance(said, list) else [said]:
        given: dict[str, Any] = {"answer": each} if isinstance(each, str) else dict(each)
        times = given.pop("times", 1)
        given["kind"] = given.pop("class", "")
        yield from [Answer(**_in_milliseconds(given))] * times


def _doing(given: Document) -> Doing:
    return Doing(**_in_milliseconds(given))


def _in_milliseconds(given: Document) -> dict[str, Any]:
    durations = {k: parse_duration(given[k]) for k in ("after", "down") if k in given}
    return {**given, **durations}


def _expected(given: Document) -> Expected:
    least, most = _bounds(given.get("duration"))
    failure = given.get("failure", {})
    failure = {"code": failure} if isinstance(failure, str) else failure
    return Expected(
        status=given["status"],
        path=_names(given, "path"),
        failure=failure.get("code"),
        failed_in=failure.get("phase"),
        evidence=given.get("evidence", {}),
        attempts=given.get("attempts", {}),
        approvals=_names(given, "approvals"),
        at_least=least,
        at_most=most,
    )


def _names(given: Document, key: str) -> tuple[str, ...] | None:
    return tuple(given[key]) if key in given else None


def _bounds(duration: Any) -> tuple[int | None, int | None]:
    """A duration is exact, or a mapping with ``at_least`` and ``at_most``."""
    if isinstance(duration, str):
        return parse_duration(duration), parse_duration(duration)
    given = duration or {}
    least, most = given.get("at_least"), given.get("at_most")
    return _length(least), _length(most)


def _length(duration: str | None) -> int | None:
    return None if duration is None else parse_duration(duration)
