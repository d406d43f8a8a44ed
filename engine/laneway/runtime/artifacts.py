"""Artifacts: the bytes that attempts leave behind, kept before the event that refers to them."""

from collections.abc import Sequence

from laneway.core.events import ArtifactRef
from laneway.ports.driver import Artifact
from laneway.ports.environment import Clock
from laneway.ports.store import Store

from .insist import insist
from .redaction import Redactor


class ArtifactKeeper:
    """Puts artifacts into the store, however long that takes to answer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def keep(
        self, artifacts: Sequence[Artifact], redactor: Redactor
    ) -> tuple[ArtifactRef, ...]:
        """Keep them, with the attempt's secrets taken out, and say where they are."""
        kept = [await self._one(artifact, redactor) for artifact in artifacts]
        return tuple(ref for ref in kept if ref is not None)

    async def _one(self, artifact: Artifact, redactor: Redactor) -> ArtifactRef | None:
        content = redactor.clean(artifact.content)
        digest = await insist(
            self._clock,
            lambda: self._store.save_artifact(content, self._clock.now()),
            artifact=artifact.name,
        )
        if digest is None:
            return None
        return ArtifactRef(artifact.name, artifact.media_type, len(content), digest)
