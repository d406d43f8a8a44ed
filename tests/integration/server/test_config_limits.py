"""The settings of limits, and of what stands before the server."""

import pytest

from laneway_server.config import ConfigInvalid, load
from laneway_server.from_settings import front, limits
from laneway_server.settings import Settings
from tests.integration.server.support import Api

DEMO = {"demo": True}


def guarded(**flags: object) -> Settings:
    return load(flags={"access": "access.yaml", "targets": "targets.yaml", **flags})


def test_with_an_access_file_every_caller_has_limits():
    usual = limits(guarded())
    assert (usual.submissions, usual.burst) == (120, 60)
    assert (usual.caller_streams, usual.caller_waiters) == (100, 100)
    assert (usual.failures, usual.failure_window) == (20, 300_000)


def test_where_callers_choose_their_names_only_limits_that_were_said_count():
    usual = limits(load(flags=DEMO))
    assert usual.submissions is None
    assert (usual.caller_streams, usual.caller_waiters) == (None, None)
    said = limits(load(flags={**DEMO, "max_submissions": 7, "max_caller_streams": 3}))
    assert (said.submissions, said.caller_streams) == (7, 3)


def test_proxies_are_addresses_and_networks():
    before = front(guarded(trusted_proxies=" 10.0.0.7, 192.168.0.0/16,,2001:db8::/32 "))
    assert [str(each) for each in before.proxies] == [
        "10.0.0.7/32",
        "192.168.0.0/16",
        "2001:db8::/32",
    ]
    assert not before.tls
    assert front(guarded(behind_tls="true")).tls


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.7/8", "10.0.0.7 10.0.0.8"])
def test_what_is_no_proxys_address_is_said_before_the_server_starts(text: str):
    with pytest.raises(ConfigInvalid) as invalid:
        guarded(trusted_proxies=text)
    (mistake,) = invalid.value.mistakes
    assert mistake.startswith("trusted_proxies: ")
    assert "10.0.0.0/8" in mistake


@pytest.mark.parametrize("token", ["laneway_" + "a" * 43, "ghp_" + "b" * 36])
async def test_a_credential_is_no_name_for_open_access(api: Api, token: str):
    answer = await api.get("/v1/operations", Authorization=f"Bearer {token}")
    assert (answer.status, answer.code) == (401, "authentication_required")
    assert token not in answer.content.decode()
