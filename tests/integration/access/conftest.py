"""An issuer and a guarded server for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from laneway.testing.clock import ManualClock
from tests.integration.access.support import Guard, guarded
from tests.integration.access.yard import RULES, tokens
from tests.support.issuer import SECRET, Issuer, issuer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def company(clock: ManualClock) -> AsyncIterator[Issuer]:
    async with issuer(clock) as running:
        yield running


@pytest.fixture
async def guard(
    tmp_path: Path, clock: ManualClock, company: Issuer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Guard]:
    monkeypatch.setenv("TEST_CLIENT_SECRET", SECRET)
    async with guarded(tmp_path, clock, company) as running:
        yield running


@pytest.fixture
async def yard(guard: Guard) -> Guard:
    """A server with an owner, a guest of one plan on one lane, and who may only submit another."""
    guard.document(tokens=tokens(), rules=RULES)
    return guard
