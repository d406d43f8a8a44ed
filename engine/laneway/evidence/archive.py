"""A bundle as a file: the envelope alone, or a zip of it with the artifacts' bytes.

The zip holds ``evidence.json`` and ``artifacts/sha256-<hex>``, a file for each digest. The same
bundle always gives the same bytes: nothing is compressed, the order is fixed, the times are 1980.
Reading one trusts nothing in it: no name is ever used as a path, and no file is read further than
the statement says that it is long.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

EVIDENCE = "evidence.json"
LARGEST_EVIDENCE = 256 * 1024 * 1024
"""Bytes of an envelope that are read at most."""

MOST_FILES = 10_000
"""Files that an archive may hold at most."""

_ARTIFACT = re.compile(r"artifacts/(sha256)-([0-9a-f]{64})")
_MAGIC = b"PK\x03\x04"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
"""What `zipfile` raises for what is damaged, encrypted, or packed in a way that it cannot read."""

_CHUNK = 1024 * 1024
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_UNIX, _REGULAR = 3, 0o100644 << 16


class NoBundle(Exception):
    """A file that is no bundle; the message says why."""


@dataclass(frozen=True)
class Artifacts:
    """The artifacts' bytes that an archive holds.

    Attributes:
        entries: by digest.
        strangers: names of files that no bundle holds.
    """

    archive: zipfile.ZipFile
    entries: Mapping[str, zipfile.ZipInfo]
    strangers: tuple[str, ...]

    def matches(self, digest: str, size: int) -> bool:
        """Whether the bytes of a digest are so long, and have it."""
        found, length = hashlib.sha256(), 0
        try:
            with self.archive.open(self.entries[digest]) as file:
                while length <= size and (chunk := file.read(min(_CHUNK, size + 1 - length))):
                    found.update(chunk)
                    length += len(chunk)
        except (*_BROKEN, OSError):
            return False
        return length == size and f"sha256:{found.hexdigest()}" == digest


@dataclass(frozen=True)
class Bundle:
    """A bundle that was opened.

    Attributes:
        envelope: its bytes.
        artifacts: None where the file is the envelope alone.
    """

    envelope: bytes
    artifacts: Artifacts | None = None


def file_name(digest: str) -> str:
    """Where an archive has the bytes of a digest."""
    return "artifacts/" + digest.replace(":", "-", 1)


# --- writing -------------------------------------------------------------------------------------


def pack(envelope: bytes, artifacts: Mapping[str, bytes]) -> bytes:
    """The bytes of an archive.

    Args:
        artifacts: their bytes, by digest.
    """
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, EVIDENCE, envelope)
        for digest in sorted(artifacts):
            _add(archive, file_name(digest), artifacts[digest])
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    info.create_system, info.external_attr = _UNIX, _REGULAR
    archive.writestr(info, content)


# --- reading -------------------------------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Open a bundle's file.

    Raises:
        NoBundle: it is neither an envelope nor an archive of one.
        OSError: it cannot be read.
    """
    with ExitStack() as stack:
        yield _open(stack.enter_context(path.open("rb")), str(path), stack)


@contextmanager
def opened_bytes(content: bytes, name: str) -> Iterator[Bundle]:
    """Open a bundle that is in memory.

    Args:
        name: what it is called where it is none.

    Raises:
        NoBundle: it is neither an envelope nor an archive of one.
    """
    with ExitStack() as stack:
        yield _open(BytesIO(content), name, stack)


def _open(file: IO[bytes], name: str, stack: ExitStack) -> Bundle:
    magic = file.read(len(_MAGIC))
    file.seek(0)
    if magic != _MAGIC:
        return Bundle(_whole(file, name))
    try:
        return _bundle(stack.enter_context(zipfile.ZipFile(file)))
    except _BROKEN as error:
        raise NoBundle(f"{name} is a broken archive: {error}") from error


def _bundle(archive: zipfile.ZipFile) -> Bundle:
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise NoBundle(f"the archive holds {len(infos)} files; no bundle has that many")
    names = [info.filename for info in infos]
    twice = sorted({name for name in names if names.count(name) > 1}) if _repeats(names) else []
    if twice:
        raise NoBundle(f"the archive holds {twice[0]!r} twice")
    if EVIDENCE not in names:
        raise NoBundle(f"the archive holds no {EVIDENCE}")
    entries = {f"{m[1]}:{m[2]}": i for i in infos if (m := _ARTIFACT.fullmatch(i.filename))}
    strangers = (n for n in names if n != EVIDENCE and not _ARTIFACT.fullmatch(n))
    return Bundle(_envelope(archive), Artifacts(archive, entries, tuple(strangers)))


def _repeats(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _envelope(archive: zipfile.ZipFile) -> bytes:
    with archive.open(EVIDENCE) as file:
        return _whole(file, EVIDENCE)


def _whole(file: IO[bytes], name: str) -> bytes:
    content = file.read(LARGEST_EVIDENCE + 1)
    if len(content) > LARGEST_EVIDENCE:
        raise NoBundle(f"{name} has more than {LARGEST_EVIDENCE} bytes; no bundle is that large")
    return content
