"""Keys in files, and the envelope that they sign: also as other tools read it."""

import base64
import hashlib
import os
import subprocess
from pathlib import Path
from shutil import which

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from laneway.evidence.envelope import PAYLOAD_TYPE, seal, unseal
from laneway.evidence.keys import (
    KeyInvalid,
    create,
    load_public_key,
    load_signing_key,
    public_path_of,
)
from laneway.evidence.strict import NotStrict, encode
from tests.support.bundles import KEY, OTHER


def test_a_key_is_two_files_and_the_private_one_is_for_its_owner_alone(tmp_path: Path):
    os.umask(0o002)
    path = tmp_path / "signing.key"
    made = create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signing_key(path).keyid == made.keyid
    public = load_public_key(public_path_of(path))
    assert (public.keyid, public.pem) == (made.keyid, made.public.pem)
    assert b"PRIVATE" not in public_path_of(path).read_bytes()


@pytest.mark.parametrize("there", ["signing.key", "signing.key.pub"])
def test_a_key_that_is_there_is_not_overwritten(there: str, tmp_path: Path):
    (tmp_path / there).write_text("mine")
    with pytest.raises(KeyInvalid, match=f"{there} is there already"):
        create(tmp_path / "signing.key")
    assert [p.name for p in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_where_a_key_cannot_be_written_that_is_said(tmp_path: Path):
    with pytest.raises(KeyInvalid, match="cannot be written: No such file"):
        create(tmp_path / "none" / "signing.key")


def test_a_private_key_that_everybody_may_read_is_refused(tmp_path: Path):
    path = tmp_path / "signing.key"
    create(path)
    path.chmod(0o644)
    with pytest.raises(KeyInvalid, match=f"chmod 600 {path}"):
        load_signing_key(path)
    path.chmod(0o640)  # as a container's secrets are mounted for a group
    load_signing_key(path)


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path):
    path = tmp_path / "key"
    path.write_bytes(private_pem(rsa_key()))
    path.chmod(0o600)
    with pytest.raises(KeyInvalid, match="not Ed25519"):
        load_signing_key(path)
    path.write_bytes(b"hello")
    with pytest.raises(KeyInvalid, match="holds no private key"):
        load_signing_key(path)
    with pytest.raises(KeyInvalid, match="holds no public key"):
        load_public_key(path)
    with pytest.raises(KeyInvalid, match="cannot be read: No such file"):
        load_public_key(tmp_path / "none")
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(rsa_key().public_key().public_bytes(serialization.Encoding.PEM, kind))
    with pytest.raises(KeyInvalid, match="not Ed25519"):
        load_public_key(path)


def test_the_keyid_is_the_digest_of_the_public_keys_der_form():
    body = "".join(KEY.public.pem.splitlines()[1:-1])
    assert KEY.keyid == hashlib.sha256(base64.b64decode(body)).hexdigest()


# --- the envelope --------------------------------------------------------------------------------


def test_an_envelope_gives_back_what_was_put_into_it():
    sealed = unseal(seal(b"said", KEY))
    assert (sealed.payload, sealed.keyids) == (b"said", (KEY.keyid,))
    assert sealed.signed_by(KEY.public)
    assert not sealed.signed_by(OTHER.public)


def test_without_a_key_it_has_no_signatures():
    content = seal(b"said", None)
    assert msgspec.json.decode(content) == {
        "payload": base64.b64encode(b"said").decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [],
    }
    sealed = unseal(content)
    assert sealed.keyids == ()
    assert not sealed.signed_by(KEY.public)


def test_the_same_is_always_signed_the_same():
    assert seal(b"said", KEY) == seal(b"said", KEY)


def test_it_verifies_with_openssl_alone(tmp_path: Path):
    """As docs/evidence.md shows it."""
    openssl = which("openssl")
    assert openssl, "the page says that openssl verifies it"
    envelope = msgspec.json.decode(seal(b'{"said": 1}', KEY))
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (tmp_path / "pub").write_text(KEY.public.pem)
    asked = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "pub",
        "-rawin",
        "-in",
        "pae",
        "-sigfile",
        "sig",
    ]
    verified = subprocess.run(
        [openssl, *asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Signature Verified Successfully" in verified.stdout, verified


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({"payload": "e30"}, "/payload", "no base64"),
        ({"payload": "e3_="}, "/payload", "no base64"),
        ({"payload": "e31="}, "/payload", "not how base64 writes these bytes"),
        ({"payloadType": "text/plain"}, "/payloadType", "its payload is no "),
        ({"signatures": [{"keyid": "a", "sig": "e31="}]}, "/signatures/0/sig", "not how base64"),
        (
            {"signatures": [{"keyid": "a", "sig": ""}, {"keyid": "a", "sig": ""}]},
            "/signatures/1/keyid",
            "has signed twice",
        ),
        ({"signatures": [{"keyid": "a"}]}, "", "it is no DSSE envelope"),
        ({"signatures": None}, "", "it is no DSSE envelope"),
        ({"note": "trust me"}, "", "unknown field `note`"),
    ],
)
def test_what_no_envelope_holds_is_refused_at_its_place(
    changes: dict[str, object], where: str, message: str
):
    envelope = {**msgspec.json.decode(seal(b"{}", KEY)), **changes}
    with pytest.raises(NotStrict, match=message) as refused:
        unseal(encode(envelope))
    assert refused.value.where == where
