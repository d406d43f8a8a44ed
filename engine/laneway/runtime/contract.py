"""What an action's spec promises, held against what an attempt is given and what comes of it.

A driver that breaks its own contract cannot be believed. Where its action may have changed
something, what became of the attempt is therefore not known, whatever outcome it names.
"""

import json
import re
from typing import Any

import msgspec
import rfc8785

from laneway.core.cel import LARGEST_INTEGER
from laneway.core.digests import canonical
from laneway.core.events import Failure
from laneway.core.model import ActionSpec, Safety
from laneway.core.schemas import Checker, Mistake, UnusableSchema
from laneway.ports.driver import ActionFailed, ActionResult, OutcomeUnknown

PARAMETERS_INVALID = "parameters_invalid"
EVIDENCE_INVALID = "evidence_invalid"


class Contract:
    """The contract of one action; its schemas are compiled once."""

    def __init__(self, spec: ActionSpec) -> None:
        self.spec = spec
        self._parameters = Checker(spec.parameters)
        self._evidence = Checker(spec.evidence)

    def check_parameters(self, parameters: dict[str, Any]) -> None:
        """Check what an attempt is to be made with; the plan's expressions have been evaluated.

        Raises:
            ActionFailed: ``parameters_invalid``; nothing was done.
        """
        mistake = _first(self._parameters, parameters)
        if mistake is not None:
            message = f"nothing was done: {_told(self.spec, 'parameters', mistake)}"
            detail = {"pointer": mistake.pointer}
            raise ActionFailed(PARAMETERS_INVALID, message, retry_class="invalid", detail=detail)

    def checked(self, result: ActionResult, *, harmless: bool) -> ActionResult:
        """A driver's result, with its evidence and proof as plain JSON.

        Args:
            harmless: the attempt has changed nothing, whatever came of it.

        Raises:
            ActionFailed: ``evidence_invalid``, of an attempt that is harmless.
            OutcomeUnknown: the same, of one that is not.
        """
        try:
            evidence, proof = _plain(result.evidence), _plain(result.proof)
        except (rfc8785.CanonicalizationError, RecursionError) as error:
            mistake: Mistake | None = Mistake((), "not_json", f"it is not JSON: {error}")
        else:
            mistake = _first(self._evidence, evidence)
            result = msgspec.structs.replace(result, evidence=evidence, proof=proof)
        if mistake is None:
            return result
        message = _told(self.spec, "evidence", mistake)
        detail = {"pointer": mistake.pointer, "outcome": result.outcome}
        if harmless:
            raise ActionFailed(EVIDENCE_INVALID, message, retry_class="invalid", detail=detail)
        raise OutcomeUnknown(EVIDENCE_INVALID, message, detail=detail)


def as_json(value: dict[str, Any]) -> dict[str, Any]:
    """What a driver says of a failure; what is no JSON is told as text, so that it is not lost."""
    try:
        return dict(_plain(value) or {})
    except (rfc8785.CanonicalizationError, RecursionError, TypeError, ValueError):
        return {"not_json": repr(value)[:1_000]}


def failure_as_json(failure: Failure) -> Failure:
    """A driver's failure, whose detail is JSON."""
    return msgspec.structs.replace(failure, detail=as_json(failure.detail))


class Contracts:
    """The contracts of the actions that have been performed."""

    def __init__(self) -> None:
        self._by_id: dict[str, Contract] = {}

    def of(self, spec: ActionSpec) -> Contract:
        """The contract of an action."""
        known = self._by_id.get(spec.action_id)
        if known is None or known.spec is not spec:
            known = self._by_id[spec.action_id] = Contract(spec)
        return known


def harmless(spec: ActionSpec, *, dry_run: bool) -> bool:
    """Whether an attempt changes nothing, so that whatever comes of it is known."""
    return dry_run or spec.safety is Safety.READ


def _first(checker: Checker, value: Any) -> Mistake | None:
    try:
        return next(iter(checker.mistakes(value)), None)
    except UnusableSchema as unusable:
        return Mistake((), "unusable_schema", str(unusable))


def _told(spec: ActionSpec, what: str, mistake: Mistake) -> str:
    place = f" at {mistake.pointer}" if mistake.path else ""
    return f"the {what} of {spec.action_id} are not what its schema says{place}: {mistake.message}"


def _plain(value: Any) -> Any:
    """The value as it is read again from the record: a tuple is a list there."""
    text = canonical(value)
    if _DIGITS.search(text):
        return json.loads(text, parse_int=_number)
    return msgspec.json.decode(text)


_DIGITS = re.compile(rb"[0-9]{16}")
"""What may be a number that is larger than every integer of JSON's."""


def _number(digits: str) -> float:
    """What canonical JSON writes as digits is a float where no integer of JSON's is so large."""
    number = int(digits)
    return number if abs(number) <= LARGEST_INTEGER else float(number)
