"""Where calls may go: the lane's own address, allowed hosts, and nothing else."""

import pytest
from aiohttp import web

from laneway.drivers.registry import RegistryError
from laneway.drivers.web.check import CheckAddresses
from laneway.drivers.web.places import PlaceRefused, allowed_hosts, resolve
from laneway_server import bootstrap
from laneway_server.service import StartupFailed
from laneway_server.settings import Settings
from tests.integration.drivers.web import serving

BASE = "https://odoo.example.org/shop"
HOSTS = ("status.example.org", "api.example.org:8443", "*.internal.example.org", "[::1]:8080")


def place(url: str, base: str = BASE) -> str:
    return resolve(url, {}, base, allowed_hosts(HOSTS))


@pytest.mark.parametrize(
    "url",
    [
        "https://odoo.example.org/elsewhere",
        "https://odoo.example.org",
        "https://status.example.org",
        "http://status.example.org/a?b=c",
        "https://STATUS.example.org:443/",
        "https://api.example.org:8443/x",
        "http://a.internal.example.org/",
        "http://b.a.internal.example.org/",
        "http://[::1]:8080/",
    ],
)
def test_what_is_allowed_is_called_as_it_is(url: str):
    assert place(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "http://odoo.example.org/",
        "https://odoo.example.org:8443/",
        "https://status.example.org:8443/",
        "https://api.example.org/",
        "https://internal.example.org/",
        "https://evil-internal.example.org/",
        "https://status.example.org.evil.example/",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "http://[::1]/",
    ],
)
def test_another_host_scheme_or_port_is_refused(url: str):
    with pytest.raises(PlaceRefused) as refused:
        place(url)
    assert refused.value.failure_class == "host_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://status.example.org/",
        "file:///etc/passwd",
        "https://user@status.example.org/",
        "https://status.example.org@evil.example/",
        "https://evil.example\\@status.example.org/",
        "https://status.example.org\\.evil.example/",
        "https://status.example.org/\n",
        "https://status.example.org /",
        "https://status.example.org./",
        "https://status.exämple.org/",
        "https:/status.example.org/",
        "https://",
        "//status.example.org/",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_url(url: str):
    if url.startswith("/"):
        assert place(url) == BASE + url, "a path stays one"
        return
    with pytest.raises(PlaceRefused) as refused:
        place(url)
    assert refused.value.failure_class == "invalid_url"


@pytest.mark.parametrize("path", ["/../other", "/a/..", "/%2e%2e/x", "/a/%2E./x", "/..%2fx"])
def test_a_path_does_not_leave_the_base(path: str):
    with pytest.raises(PlaceRefused):
        place(path)


def test_a_query_is_added_and_quoted():
    assert resolve("/a", {"b": "c d&e"}, BASE, ()) == f"{BASE}/a?b=c+d%26e"
    assert resolve("/a?x=1", {"b": "c"}, BASE, ()) == f"{BASE}/a?x=1&b=c"


@pytest.mark.parametrize("entry", ["", "https://a.example", "a.example/b", "*", "*.", "a b", "a:b"])
def test_an_entry_that_is_no_host_is_refused(entry: str):
    with pytest.raises(RegistryError, match="as allowed hosts are"):
        allowed_hosts([entry])


def test_a_server_reads_its_allowed_hosts_from_its_settings():
    driver = bootstrap._registered(Settings(http_hosts=" a.example , *.b.example:8443,"))
    check = driver.action("http.check")
    assert isinstance(check, CheckAddresses)
    assert check._hosts == allowed_hosts(["a.example", "*.b.example:8443"])
    with pytest.raises(StartupFailed, match=r"'https://a\.example' is not HOST"):
        bootstrap.build(Settings(http_hosts="https://a.example"))


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_an_allowed_name_is_not_allowed_to_lead_anywhere():
    async with serving(hello, ["169.254.169.254"]) as b:
        code, _, _ = await b.failing_check({"url": "http://169.254.169.254/latest/meta-data"})
        assert code == "http_address_not_allowed"
    async with serving(hello) as first:
        port = first.url.rpartition(":")[2]
        async with serving(hello, [f"localhost:{port}"], allow_private_addresses=False) as b:
            code, _, _ = await b.failing_check({"url": f"http://localhost:{port}/"})
            assert code == "http_address_not_allowed"
            assert first.requests == []
        async with serving(hello, [f"localhost:{port}"]) as b:
            assert (await b.check({"url": f"http://localhost:{port}/"})).outcome == "pass"
