"""A running server for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.server.support import Api, Laneway, laneway


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Laneway]:
    async with laneway(tmp_path) as running:
        yield running


@pytest.fixture
def api(server: Laneway) -> Api:
    return server.api
