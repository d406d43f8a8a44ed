"""Files with evidence bundles: written whole or not at all, and told of in a few words."""

import contextlib
import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from laneway.evidence.archive import NoBundle, opened
from laneway.evidence.contents import form
from laneway.evidence.envelope import unseal
from laneway.evidence.keys import KeyInvalid, PublicKey, SigningKey, load_public_key
from laneway.evidence.keys import load_signing_key as load
from laneway.evidence.report import Check, Found, Report, Result
from laneway.evidence.strict import NotStrict, parse
from laneway.evidence.verify import verify
from laneway_server.client.problems import NoContact

from .exits import UsageError

STANDARD_OUTPUT = Path("-")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was written.

    Attributes:
        file: None for standard output.
        sha256, size: of the file, in hex and in bytes.
        keyid: of who signed it, or None.
    """

    operation: str
    file: str | None
    sha256: str
    size: int
    events: int
    status: str
    complete: bool
    keyid: str | None


@contextlib.contextmanager
def written(file: Path) -> Iterator[Path]:
    """Where to write what is to be at ``file``: it takes its place when the context is left well.

    Raises:
        UsageError: it cannot be written.
    """
    folder = None if file == STANDARD_OUTPUT else file.parent
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".laneway-") as made:
            begun = Path(made) / "bundle"
            yield begun
            if file == STANDARD_OUTPUT:
                sys.stdout.buffer.write(begun.read_bytes())
                sys.stdout.buffer.flush()
            else:
                begun.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def made(begun: Path, file: Path) -> Made:
    """What a file that was just written holds; it is not verified.

    Raises:
        NoContact: it is no bundle.
    """
    try:
        with opened(begun) as bundle:
            sealed = unseal(bundle.envelope)
        said = parse(sealed.payload)
    except (NoBundle, NotStrict) as error:
        raise NoContact(f"what the server sent is no evidence bundle: {error}") from error
    wrong = form(said)
    if wrong is not None:
        raise NoContact(f"what the server sent is no evidence bundle: {wrong}")
    predicate: dict[str, Any] = said["predicate"]
    content = begun.read_bytes()
    return Made(
        operation=predicate["operation"]["id"],
        file=None if file == STANDARD_OUTPUT else str(file),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        events=len(predicate["events"]),
        status=predicate["operation"]["status"],
        complete=predicate["complete"],
        keyid=sealed.keyids[0] if sealed.keyids else None,
    )


def report(file: Path, keys: list[PublicKey], *, unsigned: bool) -> Report:
    """What verifying a file comes to.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with opened(file) as bundle:
            return verify(bundle, keys, unsigned=unsigned)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except NoBundle as error:
        return Report(None, (Check("file", Result.FAILED, "", (Found(str(error)),)),))


def public_key(file: Path) -> PublicKey:
    """Read a public key; raises `UsageError` where it is none."""
    try:
        return load_public_key(file)
    except KeyInvalid as invalid:
        raise UsageError(str(invalid)) from None


def signing_key(file: Path) -> SigningKey:
    """Read a private key; raises `UsageError` where it is none."""
    try:
        return load(file)
    except KeyInvalid as invalid:
        raise UsageError(str(invalid)) from None
