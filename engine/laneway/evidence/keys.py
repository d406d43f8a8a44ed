"""Ed25519 keys in files: the private one signs bundles, the public one is given to who verifies.

The private key is PKCS#8 in PEM, unencrypted, for its owner alone; the public key is PEM too. A key
is named by its keyid: the SHA-256 of the public key's DER form (SubjectPublicKeyInfo) in hex, which
``openssl pkey -pubin -in KEY.pub -outform DER | sha256sum`` prints as well.
"""

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

PUBLIC = ".pub"
"""What the name of a public key's file ends with, after the private key's name."""

_FOR_OTHERS = stat.S_IRWXO


class KeyInvalid(Exception):
    """A key that cannot be used; the message says why, and what to do."""


class PublicKey:
    """The key that a signature is verified with.

    Attributes:
        name: what people call it, such as the name of its file.
        key: as securesystemslib takes it.
        pem: its text.
    """

    def __init__(self, public: Ed25519PublicKey, name: str = "") -> None:
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        der = public.public_bytes(serialization.Encoding.DER, kind)
        self.key = SSlibKey.from_crypto(public, keyid=hashlib.sha256(der).hexdigest())
        self.pem = public.public_bytes(serialization.Encoding.PEM, kind).decode()
        self.name = name

    @property
    def keyid(self) -> str:
        """See the module."""
        return str(self.key.keyid)


class SigningKey:
    """The key that bundles are signed with; nothing of it is shown but its public half.

    Attributes:
        signer: as securesystemslib takes it.
    """

    def __init__(self, private: Ed25519PrivateKey, name: str = "") -> None:
        self.public = PublicKey(private.public_key(), name)
        self.signer = CryptoSigner(private, self.public.key)

    @property
    def keyid(self) -> str:
        """See the module."""
        return self.public.keyid


def ephemeral_key(name: str) -> SigningKey:
    """A new key that is kept nowhere, with a name that says so to whoever is told who signed.

    What it signs is verified with its public half, as with any key; it vouches for nobody.
    """
    return SigningKey(Ed25519PrivateKey.generate(), name)


def create(path: Path) -> SigningKey:
    """Make a key: the private half goes to ``path``, the public half beside it, in ``path.pub``.

    Raises:
        KeyInvalid: one of the files is there already, or cannot be written.
    """
    public_path = public_path_of(path)
    for file in (path, public_path):
        if file.exists():
            raise KeyInvalid(f"{file} is there already, and is not overwritten")
    key = SigningKey(Ed25519PrivateKey.generate())
    try:
        _write(path, key.signer.private_bytes, 0o600)
        _write(public_path, key.public.pem.encode(), 0o644)
    except OSError as error:
        raise KeyInvalid(f"{error.filename} cannot be written: {error.strerror}") from error
    return key


def public_path_of(path: Path) -> Path:
    """Where the public half of a key is."""
    return path.with_name(path.name + PUBLIC)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def load_signing_key(path: Path) -> SigningKey:
    """Read a private key.

    Raises:
        KeyInvalid: it cannot be read, is no Ed25519 key in PKCS#8, or everybody may read it.
    """
    content = _read(path)
    if os.name == "posix" and path.stat().st_mode & _FOR_OTHERS:
        raise KeyInvalid(f"everybody on this machine may read {path}: chmod 600 {path}")
    try:
        private = serialization.load_pem_private_key(content, password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise KeyInvalid(f"{path} holds no private key: laneway key create makes one") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyInvalid(f"{path} holds a key that is not Ed25519: laneway key create makes one")
    return SigningKey(private)


def load_public_key(path: Path) -> PublicKey:
    """Read a public key.

    Raises:
        KeyInvalid: it cannot be read, or is no Ed25519 public key in PEM.
    """
    try:
        public = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyInvalid(f"{path} holds no public key in PEM") from None
    if not isinstance(public, Ed25519PublicKey):
        raise KeyInvalid(f"{path} holds a key that is not Ed25519")
    return PublicKey(public, str(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyInvalid(f"{path} cannot be read: {error.strerror}") from error
