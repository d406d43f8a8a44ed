"""The table of problems, and the pages that explain them."""

import pytest

from laneway.core import inputs
from laneway.ports import store
from laneway.runtime import submissions
from laneway.runtime.operations import EngineFenced, OperationNotFound
from laneway_server import problems
from laneway_server.problem_table import ProblemKind
from tests.integration.server.support import Api


def refusals(base: type[Exception]) -> list[type[Exception]]:
    """Every kind of an error, without the error itself, in an order that is always the same."""
    below = {each for kind in base.__subclasses__() for each in (kind, *refusals(kind))}
    return sorted(below, key=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    "error",
    [
        *refusals(inputs.InputRefused),
        *refusals(submissions.SubmissionRefused),
    ],
)
def test_every_refusal_of_the_engine_is_in_the_table_under_its_code(error: type[Exception]):
    found = problems.problem_of(error("because"))
    assert found is not None
    own: str = error.code  # type: ignore[attr-defined]
    # A stale attempt is the engine's own affair; a caller who met one met an illegal transition.
    assert found.kind.code == {"stale_attempt": "illegal_transition"}.get(own, own)


@pytest.mark.parametrize("error", [store.StoreError, store.StoreUnavailable, store.StoreCorrupt])
def test_every_failure_of_the_store_is_one_problem(error: type[Exception]):
    found = problems.problem_of(error("gone"))
    assert found is not None
    assert found.kind.code == "store_unavailable"


def test_other_errors_of_the_engine():
    fenced, missing = (problems.problem_of(e("x")) for e in (EngineFenced, OperationNotFound))
    assert fenced is not None
    assert missing is not None
    assert (fenced.kind.code, missing.kind.code) == ("fenced", "not_found")
    assert problems.problem_of(ZeroDivisionError()) is None


def test_the_contract_is_in_the_table():
    promised = {
        400: {"idempotency_key_required", "invalid_json"},
        401: {"authentication_required"},
        403: {"authorization_denied", "self_approval"},
        404: {"not_found", "plan_not_found", "target_not_found"},
        409: {
            "lane_busy",
            "repeat_not_accepted",
            "lane_frozen",
            "illegal_transition",
            "not_cancellable",
            "digest_mismatch",
        },
        413: {"body_too_large"},
        415: {"unsupported_media_type"},
        422: {"request_invalid", "idempotency_key_reused"},
        429: {"too_many_streams"},
        503: {"draining", "store_unavailable"},
    }
    for status, codes in promised.items():
        for code in codes:
            assert problems.PROBLEMS[code].status == status


@pytest.mark.parametrize("kind", problems.PROBLEMS.values(), ids=lambda kind: kind.code)
async def test_every_problem_has_a_page_where_its_type_says(api: Api, kind: ProblemKind):
    answer = await api.get(kind.path)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    text = answer.content.decode()
    assert kind.code in text
    assert str(kind.status) in text
    assert "What to do" in text


async def test_the_index_and_the_first_page_lead_on(api: Api):
    index = (await api.get("/problems")).content.decode()
    assert all(f'href="{kind.path}"' in index for kind in problems.PROBLEMS.values())
    home = (await api.get("/")).content.decode()
    for path in ("/v1/operations", "/v1/plans", "/openapi.json", "/problems", "/v1/drivers"):
        assert f'href="{path}"' in home
        assert (await api.get(path)).status == 200


async def test_a_problem_has_the_members_of_rfc_9457(api: Api):
    answer = await api.get("/v1/operations/op_00000000000000000000000000")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "code", "trace_id"}
    assert answer.json["type"] == "/problems/not_found"
    assert answer.json["status"] == answer.status == 404
    assert answer.json["trace_id"] == answer.headers["X-Trace-Id"]
