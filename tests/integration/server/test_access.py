"""Open access: callers say who they are; pages of other sites, and other hosts, are kept out."""

import pytest

from laneway_server.config import is_loopback
from tests.integration.server.support import SUBMISSION, Api, Laneway


async def test_who_says_nothing_is_anonymous(server: Laneway, api: Api):
    assert (await api.submit()).json["requested_by"]["subject"] == "anonymous"


@pytest.mark.parametrize(
    "given", ["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearer ü", "ada"]
)
async def test_what_is_no_name_is_refused(api: Api, given: str):
    answer = await api.get("/v1/operations", Authorization=given)
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_health_asks_nobody(api: Api):
    answer = await api.get("/v1/health", Authorization="Basic YTpi", Host="laneway.example")
    assert answer.status == 200


@pytest.mark.parametrize(
    "host", ["laneway.example", "laneway.example:8080", "127.0.0.1.evil.example"]
)
async def test_another_host_is_not_answered(api: Api, host: str):
    answer = await api.get("/v1/operations", Host=host)
    assert (answer.status, answer.code) == (403, "authorization_denied")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "[::1]:8080", "127.0.0.1"])
async def test_every_name_of_this_machine_is_answered(api: Api, host: str):
    assert (await api.get("/v1/operations", Host=host)).status == 200


async def test_a_page_of_another_site_may_not_submit(api: Api):
    said = {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "k"}
    answer = await api.call("POST", "/v1/operations", headers=said, json=SUBMISSION)
    assert (answer.status, answer.code) == (403, "authorization_denied")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org", ""])
def test_what_is_no_loopback(host: str):
    assert not is_loopback(host)
