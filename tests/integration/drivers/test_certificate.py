"""`http.check_certificate`, in front of a server with a certificate of a test's own making."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from laneway.core.instants import instant
from laneway.core.model import Lane
from laneway.drivers.http import HttpSettings
from laneway.drivers.web.driver import HttpDriver
from laneway.ports.driver import ActionFailed, ActionResult
from laneway.testing.action_context import FakeContext

NOW = datetime.now(UTC)
"""The handshake goes by the real clock, and so does this test."""


def certificate(folder: Path, days: float, host: str = "localhost") -> Path:
    """A file with a key and a certificate for it, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, host),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + made.public_bytes(pem))
    return file


@asynccontextmanager
async def serving(file: Path) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    runner = web.AppRunner(web.Application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def check(base_url: str, **given: Any) -> ActionResult:
    settings = given.pop("settings", {})
    hosts = given.pop("hosts", ())
    (action,) = (
        action
        for action in HttpDriver(HttpSettings(**settings), hosts).actions()
        if action.spec.action_id == "http.check_certificate"
    )
    record = {
        "product": "odoo",
        "context": "cm",
        "instance": "prod",
        "odoo": {"base_url": base_url},
    }
    context = FakeContext(Lane("odoo", "cm", "prod"), record, parameters=given, now=instant(NOW))
    return await action.run(context)


def code(result: ActionResult) -> str:
    assert result.failure is not None
    return result.failure.code


async def test_a_certificate_that_is_trusted_tells_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = certificate(tmp_path, 30.5)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(file) as url:
        done = await check(url)
        assert done.outcome == "pass"
        told = {name: done.evidence[name] for name in ("subject", "issuer", "days_left")}
        assert told == {"subject": "localhost", "issuer": "Test authority", "days_left": 30}
        assert (await check(url, least_days=30)).outcome == "pass"
        assert code(await check(url, least_days=31)) == "certificate_expires_soon"


@pytest.mark.parametrize(("days", "host"), [(-1, "localhost"), (30, "somewhere.example.org")])
async def test_one_that_is_expired_or_another_s_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, host: str
):
    file = certificate(tmp_path, days, host)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(file) as url:
        done = await check(url)
        assert code(done) == "certificate_tls_failed"
        assert "days_left" not in done.evidence


async def test_one_that_nobody_vouches_for_is_not_trusted(tmp_path: Path):
    async with serving(certificate(tmp_path, 30)) as url:
        assert code(await check(url)) == "certificate_tls_failed"


async def test_a_host_that_is_not_there_may_be_by_and_by(tmp_path: Path):
    async with serving(certificate(tmp_path, 30)) as url:
        pass
    with pytest.raises(ActionFailed) as raised:
        await check(url)
    assert raised.value.failure.retry_class == "unavailable"


async def test_an_address_without_tls_is_told_and_fails_where_the_plan_says_so():
    done = await check("http://127.0.0.1:1")
    assert done.outcome == "pass"
    assert [probe["status"] for probe in done.evidence["probes"]] == ["absent"]
    assert code(await check("http://127.0.0.1:1", required=True)) == "certificate_no_tls"


async def test_only_hosts_that_are_allowed_are_connected_to():
    elsewhere = "https://status.example.org"
    assert code(await check("http://127.0.0.1:1", url=elsewhere)) == "certificate_host_not_allowed"
    refused = await check("https://127.0.0.1:1", settings={"allow_private_addresses": False})
    assert code(refused) == "certificate_address_not_allowed"
