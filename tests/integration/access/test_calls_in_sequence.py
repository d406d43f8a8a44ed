"""Schemathesis makes calls from ``/openapi.json``, one after another and as several callers.

Whatever they are, no answer is a server error, and none is one that the document does not name.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from laneway.ports.driver import ActionResult, OutcomeUnknown
from laneway_server import app, openapi
from laneway_server.access.document import AccessDocument, Rule, TokenEntry, Who
from laneway_server.access.identities import Identities
from laneway_server.access.ruling import Act
from laneway_server.access.tokens import token_digest
from laneway_server.services import Services
from tests.integration.access.support import Guarded
from tests.integration.server.support import laneway
from tests.support.sequence_hooks import COUNTS, TOKENS, URL

ROOT = Path(__file__).parents[3]
WORKERS = Who(subjects=("token:ann", "token:bob"))
DOCUMENT = AccessDocument(
    tokens=tuple(TokenEntry(name=n, digest=token_digest(t)) for n, t in TOKENS.items()),
    rules=(
        Rule(name="workers", who=WORKERS, may=tuple(Act)),
        Rule(name="readers", who=Who(subjects=("token:reader",)), may=(Act.READ,)),
    ),
)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
DONE = {
    "POST /v1/operations",
    "GET /v1/operations",
    "GET /v1/operations/{id}",
    "POST /v1/lanes/{product}/{context}/{instance}/freeze",
    "GET /v1/audit",
}
"""Calls of which at least one must have got somewhere, or the test shows little."""
DECISIONS = {
    "POST /v1/operations/{id}/approvals",
    "POST /v1/operations/{id}/cancel",
    "POST /v1/operations/{id}/reconcile",
    "POST /v1/operations/{id}/retry",
}
"""Of these two at least; which operations are there for them is left to chance."""
ENDLESS = ("followEvents", "readEvents")
"""Streams: what they send is tried elsewhere; a client that waits for their end waits long."""


class Chance:
    """What actions answer, one after the other: mostly that they passed."""

    def __init__(self) -> None:
        self._count = 0

    def answer(self, method: str) -> ActionResult | Exception:
        self._count += 1
        if self._count % 4 == 0:
            return OutcomeUnknown("no_answer", "the provider did not answer")
        return ActionResult(outcome="fail" if self._count % 5 == 0 else "pass")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a server with several callers, whose actions answer by themselves."""
    found: list[Identities] = []

    def adapt(services: Services) -> Services:
        found.append(Identities(services.engine.store.sessions, services.clock))
        return replace(services, access=Guarded(found[0], DOCUMENT))

    async with laneway(tmp_path, adapt=adapt) as server:
        await found[0].start()
        server.actions.answer_all(Chance().answer)
        yield server.api.url
        await found[0].stop()


async def test_calls_in_sequence(tmp_path: Path, running: str) -> None:
    counts, config = tmp_path / "counts.json", tmp_path / "schemathesis.toml"
    config.write_text('hooks = "tests.support.sequence_hooks"\n', encoding="utf-8")
    document = tmp_path / "openapi.json"
    document.write_bytes(openapi.encoded(app.ROUTES))
    arguments = ["--config-file", str(config), "run", str(document), "--url", running]
    arguments += ["--phases", "fuzzing,stateful", "--max-examples", "40"]
    arguments += ["--seed", "4", "--no-color"]
    arguments += ["--checks", ",".join(CHECKS)]
    arguments += [part for name in ENDLESS for part in ("--exclude-operation-id", name)]
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *arguments,
        cwd=tmp_path,
        env={**os.environ, COUNTS: str(counts), URL: running, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    seen = Counter(json.loads(counts.read_text(encoding="utf-8")))
    done = {label.rpartition(" ")[0] for label in seen if label.endswith((" 200", " 202"))}
    assert done >= DONE, seen
    assert len(done & DECISIONS) >= 2, seen
    statuses = {label.rpartition(" ")[2] for label in seen}
    assert {"401", "403", "404", "409", "422"} <= statuses, seen
