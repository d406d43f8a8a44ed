"""What every test leaves as it found it."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command under test sets up logging, to a standard error that is gone after the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
