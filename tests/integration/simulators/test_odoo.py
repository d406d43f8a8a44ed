"""The measured answers of Odoo, in each state of its database."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest

from laneway.testing.simulators import DemoWorld, Fault, HeldSleep
from tests.integration.simulators.support import (
    OPERATION,
    Site,
    bootstrap_script,
    dokploy_of,
    odoo_of,
)

ODOO_VERSIONS = ("16.0", "17.0", "18.0", "19.0")
CANONICAL = '<link rel="canonical" href="{}/web/login"/>'


@pytest.mark.parametrize("bootstrapped", [False, True])
async def test_health_passes_with_and_without_a_database(bootstrapped: bool):
    async with odoo_of(bootstrapped=bootstrapped) as (_world, odoo):
        plain = await odoo.get("/web/health")
        asked = await odoo.get("/web/health?db_server_status=1")
        assert (plain.status, plain.json) == (200, {"status": "pass"})
        assert (asked.status, asked.json) == (200, {"status": "pass", "db_server_status": True})


async def test_health_still_passes_without_postgresql_unless_it_is_asked_for():
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault.POSTGRES_DOWN)
        plain = await odoo.get("/web/health")
        asked = await odoo.get("/web/health?db_server_status=1")
        assert (plain.status, plain.json) == (200, {"status": "pass"})
        assert (asked.status, asked.json) == (500, {"status": "fail", "db_server_status": False})


async def test_an_uninitialised_database_is_500_html_on_every_route():
    held = HeldSleep()
    async with dokploy_of(sleep=held) as (world, dokploy):
        odoo = Site(dokploy.session, world.sites["testing"].url)
        world.lanes["testing"].state.database = "uninitialised"
        for path in ("/web/health", "/web/login", "/logo.png", "/launchplane/health", "/nope"):
            answer = await odoo.get(path)
            assert (answer.status, answer.headers["content-type"]) == (
                500,
                "text/html; charset=utf-8",
            )


@pytest.mark.parametrize("version", ODOO_VERSIONS)
@pytest.mark.parametrize("bootstrapped", [False, True])
async def test_the_version_is_told_without_a_database(version: str, bootstrapped: bool):
    async with odoo_of(bootstrapped=bootstrapped, odoo_version=version) as (_world, odoo):
        told = await odoo.call("POST", "/web/webclient/version_info", json={})
        assert told.json["result"]["server_version"] == version
        newer = await odoo.get("/web/version")
        assert newer.status == (200 if version == "19.0" else 404)


async def test_the_newest_version_tells_itself_on_its_own_route():
    async with odoo_of(odoo_version="19.0") as (_world, odoo):
        assert (await odoo.get("/web/version")).json["version"] == "19.0"


def test_an_unknown_version_is_refused():
    with pytest.raises(ValueError, match="not a simulated Odoo version"):
        DemoWorld(odoo_version="15.0")


async def test_without_a_database_the_login_page_goes_to_the_selector():
    async with odoo_of(bootstrapped=False) as (_world, odoo):
        answer = await odoo.get("/web/login")
        assert (answer.status, answer.headers["location"]) == (303, "/web/database/selector")
        assert (await odoo.get("/web/database/selector")).status == 200


@pytest.mark.parametrize("version", ODOO_VERSIONS)
async def test_the_login_page_advertises_its_address_whatever_the_host_header(version: str):
    async with odoo_of(odoo_version=version) as (_world, odoo):
        page = await odoo.get("/web/login", headers={"Host": "elsewhere.example"})
        assert page.status == 200
        assert CANONICAL.format(odoo.url) in page.text
        assert 'content="http://elsewhere.example/web/login"' in page.text


async def test_without_the_website_module_there_is_no_canonical_link():
    async with odoo_of(website=False) as (_world, odoo):
        page = await odoo.get("/web/login")
        assert page.status == 200
        assert "canonical" not in page.text


async def test_a_stale_page_advertises_a_preview():
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault.STALE_CANONICAL)
        page = await odoo.get("/web/login")
        assert CANONICAL.format(odoo.url) not in page.text
        assert 'rel="canonical" href="https://pr-42.preview.' in page.text
        assert 'name="launchplane-preview"' in page.text


async def test_databases_are_listed_or_denied_inside_a_200():
    async with odoo_of() as (world, odoo):
        listed = await odoo.call("POST", "/web/database/list", json={})
        assert listed.json["result"] == ["cm_testing"]
        world.sites["testing"]._lists_databases = False
        denied = await odoo.call("POST", "/web/database/list", json={})
        assert denied.status == 200
        assert denied.json["error"]["data"]["name"] == "odoo.exceptions.AccessDenied"


async def test_without_a_database_none_is_listed():
    async with odoo_of(bootstrapped=False) as (_world, odoo):
        assert (await odoo.call("POST", "/web/database/list", json={})).json["result"] == []


@pytest.mark.parametrize("path", ["/logo.png", "/web/binary/company_logo"])
async def test_the_logo_is_the_stock_one_until_the_bootstrap(path: str):
    async with odoo_of(bootstrapped=False) as (_world, odoo):
        answer = await odoo.get(path)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
        assert len(answer.content) == 2901
        assert_is_png(answer.content)


@pytest.mark.parametrize(
    "path", ["/logo.png", "/web/binary/company_logo", "/web/image/res.company/1/logo"]
)
async def test_a_bootstrapped_lane_shows_its_own_logo_byte_for_byte(path: str):
    async with odoo_of() as (world, odoo):
        answer = await odoo.get(path)
        spec = world.lanes["testing"].spec
        assert hashlib.sha256(answer.content).hexdigest() == spec.logo_sha256
        assert spec.logo_sha256 != world.lanes["prod"].spec.logo_sha256
        assert_is_png(answer.content)


async def test_an_unknown_company_s_image_is_a_200_placeholder():
    async with odoo_of() as (_world, odoo):
        answer = await odoo.get("/web/image/res.company/999/logo")
        assert (answer.status, len(answer.content)) == (200, 6078)
        assert_is_png(answer.content)


@pytest.mark.parametrize(("fault", "size"), [("stock_logo", 2901), ("placeholder_logo", 6078)])
async def test_a_failing_logo_is_a_200_of_a_known_size(fault: str, size: int):
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault(fault))
        answer = await odoo.get("/web/image/res.company/1/logo")
        assert (answer.status, len(answer.content)) == (200, size)


async def test_the_runtime_identity_appears_with_the_bootstrap():
    async with odoo_of(bootstrapped=False) as (world, odoo):
        assert (await odoo.get("/launchplane/health")).status == 404
        dokploy = Site(odoo.session, world.dokploy.url, world.dokploy.api_key)
        await dokploy.run(await dokploy.create_schedule())
        body = (await odoo.get("/launchplane/health")).json
        spec = world.lanes["testing"].spec
        assert body["status"] == "ok"
        assert body["runtime_identity"] == {
            "product": "odoo",
            "context": "cm",
            "instance": "testing",
            "environment_kind": "testing",
            "deployment_record_id": OPERATION,
            "artifact_id": spec.artifact_id,
            "source_git_ref": spec.source_git_ref,
        }


async def test_a_bootstrap_without_a_marker_is_recorded_under_its_deployment():
    async with dokploy_of() as (world, dokploy):
        schedule = await dokploy.create_schedule(script=bootstrap_script(None))
        answer = await dokploy.run(schedule)
        identity = world.lanes["testing"].state.identity
        assert identity is not None
        assert identity.deployment_record_id == answer.json["deploymentId"]


async def test_a_lane_is_not_touched_by_another_s_bootstrap():
    async with odoo_of() as (world, odoo):
        prod = Site(odoo.session, world.sites["prod"].url)
        assert (await prod.get("/launchplane/health")).status == 404
        assert (await prod.get("/web/login")).status == 303


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("identity_mismatch", "somewhere-else"),
        ("identity_missing", None),
        ("identity_malformed", "not an object"),
    ],
)
async def test_a_wrong_runtime_identity(fault: str, expected: object):
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault(fault), times=1)
        identity = (await odoo.get("/launchplane/health")).json.get("runtime_identity")
        shown = identity["instance"] if isinstance(identity, dict) else identity
        assert shown == expected
        after = (await odoo.get("/launchplane/health")).json["runtime_identity"]
        assert after["instance"] == "testing"


async def test_health_that_is_down_answers_from_the_proxy_on_the_route_it_is_down_for():
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault.HEALTH_DOWN, route="/web/health")
        assert (await odoo.get("/web/health")).status == 502
        assert (await odoo.get("/launchplane/health")).status == 200


async def test_postgresql_that_is_down_takes_the_pages_with_it():
    async with odoo_of() as (world, odoo):
        world.sites["testing"].faults.add(Fault.POSTGRES_DOWN)
        assert (await odoo.get("/web/login")).status == 500
        assert (await odoo.get("/launchplane/health")).status == 503
        assert len((await odoo.get("/logo.png")).content) == 2901


def assert_is_png(content: bytes) -> None:
    """Every chunk is whole, has the right checksum, and the last one ends the file."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    position, name = 8, b""
    while position < len(content):
        (length,) = struct.unpack(">I", content[position : position + 4])
        body = content[position + 4 : position + 8 + length]
        (checksum,) = struct.unpack(">I", content[position + 8 + length : position + 12 + length])
        assert zlib.crc32(body) == checksum
        position, name = position + 12 + length, body[:4]
    assert name == b"IEND"
    assert position == len(content)
