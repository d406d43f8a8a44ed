"""What the answer to ``schedule.runManually`` is worth.

Up to 0.29.13 the panel answers ``true`` once the command has succeeded, and 500 where it failed;
from 0.29.14 on it answers 200 with the status and the run's id, so that a failure is a 200 too.
What comes from a proxy in front (502, 504, 524, an HTML page) says nothing about the command.
"""

from typing import Any, Literal

import msgspec

from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.http import HttpFailed, HttpResponse

REFUSED_STATUSES = frozenset({301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 413, 415, 422, 429})
"""Statuses with which the panel, or a proxy, says that it did not begin the command."""

Meaning = Literal["succeeded", "failed", "unknown"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller of runManually learnt.

    Attributes:
        meaning: of the command's end; ``unknown`` for everything that does not say it.
        deployment_id: of the run, where the panel names it.
        status: the HTTP status; None where no answer came.
        problem: what kept the answer from coming.
    """

    meaning: Meaning
    deployment_id: str | None = None
    status: int | None = None
    problem: str = ""


def read_answer(client: DokployClient, response: HttpResponse) -> Answer:
    """Read an answer.

    Raises:
        ActionFailed: it says that the command was never begun.
    """
    if response.status in REFUSED_STATUSES:
        raise client.rejected("schedule.runManually", response)
    if response.status != 200:
        return Answer(meaning="unknown", status=response.status)
    try:
        return _read(response.json())
    except ValueError:
        return Answer(meaning="unknown", status=200)


def no_answer(failed: HttpFailed) -> Answer:
    """What it means that no answer came.

    Raises:
        ActionFailed: the request never left.
    """
    if not failed.sent:
        raise failed.as_action_failed()
    return Answer(meaning="unknown", problem=failed.problem.value)


def _read(content: Any) -> Answer:
    if content is True:
        return Answer(meaning="succeeded", status=200)
    if not isinstance(content, dict):
        return Answer(meaning="unknown", status=200)
    meanings: dict[object, Meaning] = {"done": "succeeded", "error": "failed"}
    named = content.get("deploymentId")
    return Answer(
        meaning=meanings.get(content.get("status"), "unknown"),
        deployment_id=named if isinstance(named, str) else None,
        status=200,
    )
