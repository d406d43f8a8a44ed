"""Artifacts: the bytes that attempts leave behind, kept before the event that refers to them.

What is too large is cut or left out, and the evidence says so: an artifact is never worth a failed
phase. Secrets are taken out first, so that no cut leaves half of one.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.core.digests import bytes_digest
from laneway.core.events import ArtifactRef
from laneway.ports.driver import Artifact
from laneway.ports.environment import Clock
from laneway.ports.retention import ArtifactUsage
from laneway.ports.store import Store

from .insist import insist
from .redaction import Redactor

EVIDENCE = "artifacts_cut"
"""Where the evidence of a phase says what was cut or left out."""

_MIB = 1024 * 1024
_LEAST = 1_024
"""Bytes below which a text is left out rather than cut: too little to be of use."""


class ArtifactLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: of one artifact, of all artifacts of an operation, and of all that are stored."""

    artifact: int = 16 * _MIB
    operation: int = 64 * _MIB
    store: int = 10 * 1024 * _MIB


class Kept(msgspec.Struct, frozen=True):
    """Where artifacts are, and what the evidence says of those that are not there whole."""

    refs: tuple[ArtifactRef, ...] = ()
    evidence: dict[str, Any] = {}


class _Fitted(msgspec.Struct, frozen=True):
    """What of an artifact is kept (None: nothing), and why it is not all of it."""

    content: bytes | None
    because: str = ""


class ArtifactKeeper:
    """Puts artifacts into the store, however long that takes to answer."""

    def __init__(self, store: Store, clock: Clock, limits: ArtifactLimits | None = None) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits or ArtifactLimits()
        # One at a time, so that two attempts do not both take the last of a quota.
        self._lock = asyncio.Lock()

    async def keep(
        self, operation_id: str, artifacts: Sequence[Artifact], redactor: Redactor
    ) -> Kept:
        """Keep them, with the attempt's secrets taken out, and say where they are."""
        refs: list[ArtifactRef] = []
        cut: list[dict[str, Any]] = []
        for artifact in artifacts:
            content = redactor.clean(artifact.content)
            async with self._lock:
                fitted = await self._fitted(operation_id, artifact, content)
                ref = await self._saved(operation_id, artifact, fitted.content)
            refs += [ref] if ref is not None else []
            if fitted.because:
                cut.append(_told(artifact, content, fitted))
        return Kept(tuple(refs), {EVIDENCE: cut} if cut else {})

    async def _fitted(self, operation_id: str, artifact: Artifact, content: bytes) -> _Fitted:
        usage = await insist(
            self._clock,
            lambda: self._store.retention.artifact_usage(operation_id),
            artifact=artifact.name,
        )
        if usage is None:
            return _Fitted(content)
        found = fitted(content, artifact.media_type, self._limits, usage)
        if found.because and await self._there(content):
            return _Fitted(content)  # by this attempt, before it was lost: it needs no more room
        return found

    async def _there(self, content: bytes) -> bool:
        """Whether the bytes are stored already."""
        stored = await insist(self._clock, lambda: self._store.artifact(bytes_digest(content)))
        return stored is not None

    async def _saved(
        self, operation_id: str, artifact: Artifact, content: bytes | None
    ) -> ArtifactRef | None:
        if content is None:
            return None
        digest = await insist(
            self._clock,
            lambda: self._store.save_artifact(operation_id, content, self._clock.now()),
            artifact=artifact.name,
        )
        if digest is None:
            return None
        return ArtifactRef(artifact.name, artifact.media_type, len(content), digest)


def fitted(
    content: bytes, media_type: str, limits: ArtifactLimits, usage: ArtifactUsage
) -> _Fitted:
    """What of an artifact fits: all; of a text its beginning and its end; or nothing."""
    room = {
        f"an artifact may have {limits.artifact} bytes": limits.artifact,
        f"the artifacts of an operation may have {limits.operation} bytes": limits.operation
        - usage.operation,
        f"all artifacts may have {limits.store} bytes": limits.store - usage.total,
    }
    because, most = min(room.items(), key=lambda item: item[1])
    if len(content) <= most:
        return _Fitted(content)
    if most < _LEAST or not media_type.startswith("text/"):
        return _Fitted(None, because)
    return _Fitted(_shortened(content, most), because)


def _shortened(content: bytes, most: int) -> bytes:
    """A text's beginning and end: how it began, and what it came to."""
    mark = f"\n\n[{len(content)} bytes are too many: the middle was left out]\n\n".encode()
    half = (most - len(mark)) // 2
    begin, end = half, len(content) - half
    while begin > half - 4 and _inside(content, begin):
        begin -= 1
    while end < len(content) - half + 4 and _inside(content, end):
        end += 1
    return content[:begin] + mark + content[end:]


def _inside(content: bytes, place: int) -> bool:
    """Whether a cut there would be inside a character of UTF-8."""
    return content[place] & 0xC0 == 0x80


def _told(artifact: Artifact, content: bytes, fitted: _Fitted) -> dict[str, Any]:
    kept = 0 if fitted.content is None else len(fitted.content)
    return {
        "name": artifact.name,
        "size": len(content),
        "kept": kept,
        "because": f"{'cut' if kept else 'left out'}: {fitted.because}",
    }
