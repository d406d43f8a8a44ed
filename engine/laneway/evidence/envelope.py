"""The envelope: DSSE (https://github.com/secure-systems-lab/dsse, version 1.0.2).

It holds the statement's bytes and who signs them. The signature is over the bytes as they are, so
whoever verifies it needs no canonical JSON. A server without a key makes envelopes without
signatures: those who verify them are told so.
"""

import base64
import binascii

import msgspec
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Signature  # type: ignore[attr-defined]

from .keys import PublicKey, SigningKey
from .strict import NotStrict, encode, parse, pointer

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: list[_Signature]


def seal(payload: bytes, key: SigningKey | None) -> bytes:
    """The bytes of an envelope around a statement, signed where there is a key."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    if key is not None:
        envelope.sign(key.signer)
    return encode(envelope.to_dict())


class Sealed:
    """An envelope that was read.

    Attributes:
        payload: the statement's bytes.
        keyids: of those who signed it, as it says itself.
    """

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self.payload: bytes = envelope.payload
        self.keyids: tuple[str, ...] = tuple(envelope.signatures)

    def signed_by(self, key: PublicKey) -> bool:
        """Whether a key's signature is under the payload, and is right."""
        try:
            return bool(self._envelope.verify([key.key], 1))
        except (UnverifiedSignatureError, VerificationError):
            return False


def unseal(content: bytes) -> Sealed:
    """Read an envelope.

    Raises:
        NotStrict: it is none, or holds something that no envelope holds.
    """
    document = parse(content)
    try:
        shape = msgspec.convert(document, _Shape)
    except msgspec.ValidationError as error:
        raise NotStrict(f"it is no DSSE envelope: {error}") from None
    if shape.payload_type != PAYLOAD_TYPE:
        raise NotStrict(f"its payload is no {PAYLOAD_TYPE}", pointer("payloadType"))
    signatures: dict[str, Signature] = {}
    for place, each in enumerate(shape.signatures):
        if each.keyid in signatures:
            raise NotStrict("a key has signed twice", pointer("signatures", place, "keyid"))
        sig = _decoded(each.sig, pointer("signatures", place, "sig"))
        signatures[each.keyid] = Signature(each.keyid, sig.hex())
    payload = _decoded(shape.payload, pointer("payload"))
    return Sealed(Envelope(payload, PAYLOAD_TYPE, signatures))


def _decoded(text: str, where: str) -> bytes:
    """Base64 of which there is only one reading: no other text may give the same bytes."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotStrict("it is no base64", where) from None
    if base64.b64encode(content).decode() != text:
        raise NotStrict("it is not how base64 writes these bytes", where)
    return content
