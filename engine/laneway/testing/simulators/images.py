"""Valid PNG files of exactly the sizes that were measured on a real Odoo."""

from __future__ import annotations

import hashlib
import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK_OVERHEAD = 12  # length, type and checksum around a chunk's data

STOCK_LOGO_BYTES = 2901
PLACEHOLDER_BYTES = 6078
LANE_LOGO_BYTES = 4096


def stock_logo() -> bytes:
    """What `/logo.png` answers whenever Odoo has nothing better."""
    return padded_png((113, 75, 103), STOCK_LOGO_BYTES)


def placeholder() -> bytes:
    """What `/web/image/…` answers for a record that is not there."""
    return padded_png((200, 200, 200), PLACEHOLDER_BYTES)


def lane_logo(key: str) -> bytes:
    """The logo of one lane: another colour, and so another digest, for every key."""
    digest = hashlib.sha256(key.encode()).digest()
    return padded_png((digest[0], digest[1], digest[2]), LANE_LOGO_BYTES)


def padded_png(colour: tuple[int, int, int], size: int) -> bytes:
    """A PNG of 16 × 16 pixels in one colour, filled up with a comment to `size` bytes.

    Raises:
        ValueError: `size` is too small to hold such a file.
    """
    head = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
    row = b"\x00" + bytes(colour) * 16
    tail = _chunk(b"IDAT", zlib.compress(row * 16)) + _chunk(b"IEND", b"")
    padding = size - len(head) - len(tail) - _CHUNK_OVERHEAD
    comment = b"Comment\x00"
    if padding < len(comment):
        raise ValueError(f"a PNG does not fit into {size} bytes")
    return head + _chunk(b"tEXt", comment.ljust(padding, b".")) + tail


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
