"""Where a request comes from: nobody is believed but the proxies that the settings name."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from laneway_server.access.addresses import Front, network_of, networks

PROXIES = ("10.0.0.0/8", "2001:db8:ff::/48")


def origin(peer: str | None, *forwarded: str, proxies: tuple[str, ...] = PROXIES) -> str:
    headers = [("X-Forwarded-For", each) for each in forwarded]
    request = make_mocked_request("GET", "/", CIMultiDict(headers))
    request = request.clone(remote=peer) if peer else request
    return Front(proxies=networks(proxies)).address(request)


def test_without_proxies_the_peer_is_where_it_comes_from():
    assert origin("192.0.2.1", "198.51.100.7", proxies=()) == "192.0.2.1"


def test_a_trusted_proxy_is_believed():
    assert origin("10.0.0.1", "198.51.100.7") == "198.51.100.7"


def test_somebody_else_is_not():
    assert origin("192.0.2.1", "198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        # What a caller makes up stands before what the proxy has seen.
        (["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        (["1.2.3.4", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (["10.9.9.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["nonsense, 198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, nonsense"], "10.0.0.1"),
        (["198.51.100.7:4711"], "198.51.100.7"),
        (["[2001:db8::7]:4711"], "2001:db8::7"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["2001:db8::7"], "2001:db8::7"),
        ([""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_list_is_read_from_its_end(forwarded: list[str], found: str):
    assert origin("10.0.0.1", *forwarded) == found


def test_an_ipv6_proxy_and_an_ipv4_one_in_ipv6_dress():
    assert origin("2001:db8:ff::1", "198.51.100.7") == "198.51.100.7"
    assert origin("::ffff:10.0.0.1", "198.51.100.7") == "198.51.100.7"
    assert origin("::ffff:192.0.2.1") == "192.0.2.1"


def test_who_comes_by_no_network_has_a_name_all_the_same():
    assert origin(None, "198.51.100.7") == "local"


def test_what_counts_as_one_address():
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8:0:1:2:3:4:5") == "2001:db8:0:1::/64"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("local") == "local"


@pytest.mark.parametrize("text", ["10.0.0.7/8", "proxy.example", "10.0.0.0/33", ""])
def test_what_is_no_network_is_named(text: str):
    with pytest.raises(ValueError, match=r".+"):
        networks([text])
