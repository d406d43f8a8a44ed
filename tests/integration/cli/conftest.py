"""The command is run as if on a machine in UTC, with nothing of Laneway or GitHub around it."""

import os
import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [*os.environ]:
        ours = name.startswith(("LANEWAY_", "GITHUB_", "ACTIONS_"))
        if ours or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
