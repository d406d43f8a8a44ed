"""Digests: SHA-256 over a domain word and the canonical JSON (RFC 8785) of a value."""

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value.

    Raises:
        rfc8785.CanonicalizationError: the value is not JSON, or an integer is beyond 2**53.
    """
    return rfc8785.dumps(value)


def digest(domain: str, value: Any) -> str:
    """``sha256:<hex>`` of a JSON value, in a domain, so that equal bytes of two kinds never meet.

    Args:
        domain: what is being digested and in which version, such as ``laneway/plan/v1``.
        value: any JSON value.
    """
    return "sha256:" + hashlib.sha256(domain.encode() + canonical(value)).hexdigest()


def bytes_digest(content: bytes) -> str:
    """``sha256:<hex>`` of bytes as they are, such as an artifact's."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
