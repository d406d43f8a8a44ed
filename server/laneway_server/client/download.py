"""Loading a file down: it is there whole, or it is not there."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

import aiohttp

from .connection import Connection, chunks

STALLED = 60.0
"""Seconds without a byte after which a download is given up."""


async def download(connection: Connection, path: str, query: Mapping[str, str], file: Path) -> Path:
    """Write an answer's body to a file, over one that is there, and return it.

    Raises:
        OSError: the file cannot be written.
    """
    asked = f"{path}?{urlencode(query)}" if query else path
    waits = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=STALLED)
    with _taking_place(file) as begun:
        async with connection.request("GET", asked, headers={}, timeout=waits) as response:
            async for chunk in chunks(response):
                begun.write(chunk)
    return file


@contextlib.contextmanager
def _taking_place(file: Path) -> Iterator[IO[bytes]]:
    """A file that takes another one's place once all is written; it goes where that fails."""
    with tempfile.NamedTemporaryFile(
        dir=file.parent, prefix=f".{file.name}.", delete=False
    ) as begun:
        half = Path(begun.name)
        try:
            yield begun
            begun.flush()
            half.chmod(0o644)  # a temporary file is for its owner only, what it becomes is not
            half.replace(file)
        finally:
            with contextlib.suppress(FileNotFoundError):
                half.unlink()
