"""A store's promises about the versions of plans."""

# ruff: noqa: D102 - a test's name says what it shows

from laneway.ports.plan_versions import PlanContent, PlanVersion
from laneway.ports.store import Store

from .store_promises import StorePromises
from .store_samples import PLAN, moment


def _seen(name: str, version: int, digest: str = "sha256:one", at: int = 0) -> PlanVersion:
    return PlanVersion(name=name, version=version, digest=digest, first_seen_at=moment(at))


def _content(digest: str = "sha256:one", source: str = "plan: a\n# süß\n") -> PlanContent:
    return PlanContent(digest=digest, source=source, document=PLAN.document, actions=PLAN.actions)


class PlanVersionPromises(StorePromises):
    """What a version was first, it is for good."""

    async def test_a_new_store_knows_no_version(self, store: Store) -> None:
        assert await store.plan_versions.all() == []

    async def test_versions_are_read_back_in_order(self, store: Store) -> None:
        await store.plan_versions.register([_seen("b", 10), _seen("b", 9)])
        await store.plan_versions.register([_seen("a", 1), _seen("b", 11)])
        expected = [_seen("a", 1), _seen("b", 9), _seen("b", 10), _seen("b", 11)]
        assert await store.plan_versions.all() == expected

    async def test_a_version_stays_what_it_was(self, store: Store) -> None:
        await store.plan_versions.register([_seen("a", 1)])
        await store.plan_versions.register([_seen("a", 1, "sha256:two", at=5), _seen("a", 2)])
        assert await store.plan_versions.all() == [_seen("a", 1), _seen("a", 2)]

    async def test_what_is_in_a_version_is_read_back(self, store: Store) -> None:
        assert await store.plan_versions.content("sha256:one") is None
        for digest in ("sha256:one", "sha256:two"):
            seen = _seen("a", 1 if digest == "sha256:one" else 2, digest)
            await store.plan_versions.register([seen], [_content(digest, source=digest)])
            assert await store.plan_versions.content(digest) == _content(digest, source=digest)
        assert await store.plan_versions.content("sha256:o") is None
        assert await store.plan_versions.kept() == {"sha256:one", "sha256:two"}

    async def test_a_text_stays_as_it_was_first_loaded(self, store: Store) -> None:
        await store.plan_versions.register([_seen("a", 1)], [_content()])
        await store.plan_versions.register([], [_content(source="plan: a  # again")])
        assert await store.plan_versions.content("sha256:one") == _content()

    async def test_a_text_that_was_not_known_is_kept_later(self, store: Store) -> None:
        await store.plan_versions.register([_seen("a", 1)], [_content(source="")])
        await store.plan_versions.register([], [_content()])
        assert await store.plan_versions.content("sha256:one") == _content()
