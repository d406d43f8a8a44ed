"""A real server over a real engine and SQLite; only the actions and the clock are the test's.

Every answer that a test gets is checked against the OpenAPI document, so each test is one of the
document too.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from jsonschema import Draft202012Validator

from laneway.core.events import OperationAccepted, Ruling
from laneway.core.instants import later
from laneway.core.model import ActionSpec, Lane, Plan, Safety
from laneway.core.run import Run
from laneway.loading.plans import LoadedPlan, PlanCatalog, load_plan
from laneway.loading.targets import TargetRecords
from laneway.ports.driver import ActionResult, DriverDescriptor
from laneway.ports.plan_versions import PlanContent, PlanVersion
from laneway.runtime.engine import Engine
from laneway.runtime.environment import Ulids
from laneway.runtime.operations import Committed
from laneway.stores.sqlite.store import SqliteStore
from laneway.testing.actions import ScriptedAction, ScriptedActions
from laneway.testing.clock import ManualClock
from laneway_server import app, openapi
from laneway_server.access.authority import PolicyAuthority
from laneway_server.access.open_access import OpenAccess
from laneway_server.metrics import Metrics
from laneway_server.services import Limits, Services
from laneway_server.streams.feed import Feed

LANE = {"product": "shop", "context": "eu", "instance": "testing"}
PASS = ActionResult(outcome="pass", evidence={"seen": True})
FAIL = ActionResult(outcome="fail")
SUBMISSION = {"plan": "work", "lane": LANE}
TOO_LONG = 30.0
"""Seconds after which a test that waits for something has failed."""

SPECS = {
    "test.prove": ActionSpec("test.prove", Safety.READ),
    "test.act": ActionSpec("test.act", Safety.DESTRUCTIVE),
    "test.change": ActionSpec("test.change", Safety.MUTATION),
}
DESCRIPTOR = DriverDescriptor(
    driver_id="test", label="Test", description="For tests.", actions=tuple(SPECS.values())
)
PLANS = (
    """
plan: work
version: 1
lane: {queue_limit: 1}
request:
  type: object
  additionalProperties: false
  properties: {note: {type: string}, "a/b": {type: integer}}
start: prove
phases:
  prove: {action: test.prove, on: {pass: act, fail: fail}}
  act: {action: test.act, on: {pass: pass, fail: fail}}
  pass: {end: pass}
  fail: {end: fail}
""",
    """
plan: gate
version: 1
start: ask
phases:
  ask:
    approval: {role: release-manager, expires: 1h}
    on: {approved: change, rejected: refused, expired: refused}
  change: {action: test.change, on: {pass: check, fail: fail}}
  check:
    parallel:
      left: {action: test.prove}
      right: {action: test.prove}
    on: {pass: nap, fail: fail}
  nap: {wait: 1m, on: {pass: pass}}
  pass: {end: pass}
  fail: {end: fail}
  refused: {end: refused}
""",
)

BROKEN = "plan: broken\n"


def catalog() -> PlanCatalog:
    """The plans above, and one that does not load."""
    loaded = [load_plan(text, "plan.yaml", SPECS) for text in PLANS]
    plans: dict[str, LoadedPlan] = {each.compiled.plan.name: each for each in loaded}
    texts = {"plans/broken.yaml": BROKEN}
    return PlanCatalog(plans, {"plans/broken.yaml": broken_plan()}, texts)


async def register(server: "Laneway") -> None:
    """Have the versions of the plans known, as a server does that loads them from a folder."""
    for offered in server.services.plans.plans.values():
        plan = offered.compiled.plan
        version = PlanVersion(
            name=plan.name,
            version=plan.version,
            digest=plan.digest,
            first_seen_at=server.clock.now(),
        )
        content = PlanContent(
            digest=plan.digest,
            source=offered.source,
            document=plan.document,
            actions=dict(offered.actions),
        )
        await server.engine.store.plan_versions.register([version], [content])


def broken_plan() -> list[Any]:
    from laneway.loading.plans import PlanInvalid

    try:
        load_plan(BROKEN, "/srv/plans/broken.yaml", SPECS)
    except PlanInvalid as invalid:
        return invalid.errors
    raise AssertionError("the plan is broken")


async def becomes(so: Callable[[], object]) -> None:
    """Return when something is so that nobody tells of."""
    async with asyncio.timeout(TOO_LONG):
        while not so():  # noqa: ASYNC110 - only other turns of the loop are waited for, no time
            await asyncio.sleep(0)


def lane(instance: str) -> dict[str, str]:
    return {**LANE, "instance": instance}


class Answer(msgspec.Struct):
    """One answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.content)

    @property
    def code(self) -> str:
        """The problem's code; empty where it is none."""
        is_problem = self.headers["Content-Type"].startswith("application/problem+json")
        return str(self.json["code"]) if is_problem else ""


class Document:
    """The OpenAPI document, for checking answers."""

    def __init__(self) -> None:
        self.document = msgspec.json.decode(openapi.encoded(app.ROUTES))
        self._paths = {
            re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.replace("{path}", ".+"))): item
            for path, item in self.document["paths"].items()
        }

    def check(self, method: str, path: str, answer: Answer) -> None:
        """Fail where the document does not say that such an answer is given."""
        described = self.operation(method, path)
        if described is None:
            assert answer.code in ("not_found", "method_not_allowed"), answer
            return
        response = described["responses"].get(str(answer.status))
        assert response is not None, f"{method} {path} may not answer {answer.status}: {answer}"
        for name, header in response["headers"].items():
            assert name in answer.headers or not header.get("required"), name
        content = response.get("content")
        assert (content is None) == (answer.content == b""), answer
        if content is not None:
            self._check_content(content, answer)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What the document says of an address."""
        for pattern, item in self._paths.items():
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = item.get(method.lower())
                return found
        return None

    def _check_content(self, content: Mapping[str, Any], answer: Answer) -> None:
        media = answer.headers["Content-Type"].partition(";")[0]
        schema = content[media]["schema"]
        if media.endswith("json"):
            whole = {**schema, "components": self.document["components"]}
            Draft202012Validator(whole).validate(answer.json)


class Api:
    """Calls the server as its clients do."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url
        self.document = Document()

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any
    ) -> Answer:
        async with asyncio.timeout(TOO_LONG):
            url = self.url + path
            async with self.session.request(method, url, headers=headers, **how) as response:
                answer = Answer(response.status, response.headers, await response.read())
        if method != "HEAD":
            self.document.check(method, path.partition("?")[0], answer)
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, headers=_named(headers))

    async def post(
        self, path: str, body: Any = None, *, key: str = "", who: str = "", **headers: str
    ) -> Answer:
        said = _named(headers)
        if key:
            said["Idempotency-Key"] = key
        if who:
            said["Authorization"] = f"Bearer {who}"
        if body is None:
            return await self.call("POST", path, headers=said)
        return await self.call("POST", path, headers=said, json=body)

    async def submit(self, body: Any = None, *, key: str = "k1", who: str = "") -> Answer:
        return await self.post("/v1/operations", body or SUBMISSION, key=key, who=who)

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator["Stream"]:
        said = {"Accept": "text/event-stream", **_named(headers)}
        async with self.session.get(self.url + path, headers=said) as response:
            yield Stream(response)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Sent(msgspec.Struct):
    """One block of a stream: an event, a comment or the like."""

    fields: dict[str, str]
    comment: str = ""

    @property
    def id(self) -> int:
        return int(self.fields["id"])

    @property
    def event(self) -> str:
        return self.fields.get("event", "")

    @property
    def data(self) -> Any:
        return msgspec.json.decode(self.fields["data"])


class Stream:
    """Reads server-sent events as they come."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Sent | None:
        """The next block, or None at the end."""
        async with asyncio.timeout(TOO_LONG):
            try:
                block = await self.response.content.readuntil(b"\n\n")
            except asyncio.IncompleteReadError:
                return None
        if not block:
            return None
        fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if line)
        return Sent(fields, fields.pop("", ""))

    async def events(self, count: int) -> list[Sent]:
        """So many events; what is none is passed over."""
        found: list[Sent] = []
        while len(found) < count:
            sent = await self.next()
            assert sent is not None, f"the stream ended after {found}"
            if "data" in sent.fields:
                found.append(sent)
        return found

    async def rest(self) -> list[Sent]:
        """Everything until the end of the stream."""
        found: list[Sent] = []
        while (sent := await self.next()) is not None:
            found.append(sent)
        return found


class Laneway:
    """A running server, and what is behind it."""

    def __init__(
        self,
        services: Services,
        actions: ScriptedActions,
        clock: ManualClock,
        committed: asyncio.Event,
    ) -> None:
        self.services = services
        self.actions = actions
        self.clock = clock
        self.committed = committed
        self.api: Api

    @property
    def engine(self) -> Engine:
        return self.services.engine

    def action(self, name: str) -> ScriptedAction:
        return self.actions.by_id[f"test.{name}"]

    async def until(self, operation_id: str, holds: Callable[[Run], bool]) -> Run:
        """The operation, as soon as something holds of it."""
        async with asyncio.timeout(TOO_LONG):
            while True:
                self.committed.clear()
                operation = await self.engine.operation(operation_id)
                if holds(operation.run):
                    return operation.run
                await self.committed.wait()

    async def asleep(self, milliseconds: int) -> None:
        """Return when somebody sleeps for exactly that long."""
        due = later(self.clock.now(), milliseconds)
        await becomes(
            lambda: any(at == due and not woken.done() for at, _, woken in self.clock._sleepers)
        )

    async def finished(self, operation_id: str) -> Run:
        return await self.until(operation_id, lambda run: run.terminal)

    async def submitted(self, *, key: str = "k1", who: str = "", **changes: Any) -> str:
        """Submit; the operation's id."""
        answer = await self.api.submit({**SUBMISSION, **changes}, key=key, who=who)
        assert answer.status == 202, answer
        return str(answer.json["id"])

    async def passed(self, *, key: str = "k1", **changes: Any) -> str:
        """Submit, and let every action pass; the operation's id."""
        operation_id = await self.submitted(key=key, **changes)
        await self.action("prove").answer(PASS)
        await self.action("act").answer(PASS)
        await self.finished(operation_id)
        return operation_id


class _Authority:
    """The policy of the services, which are made after the engine that asks it."""

    policy: PolicyAuthority

    def ruling(self, plan: Plan, asked: OperationAccepted) -> Ruling | None:
        return self.policy.ruling(plan, asked)


@asynccontextmanager
async def laneway(
    folder: Path,
    limits: Limits | None = None,
    adapt: Callable[[Services], Services] = lambda services: services,
) -> AsyncIterator[Laneway]:
    """A server on a free port, with a database in a folder; ``adapt`` gives it other services."""
    store = await SqliteStore.open(folder / "laneway.db")
    clock, actions = ManualClock(), ScriptedActions(SPECS)
    feed = Feed(store, clock)
    lanes = [Lane(**lane(name)) for name in ("testing", "prod", *map(str, range(8)))]
    targets = TargetRecords({each: {"name": str(each)} for each in lanes})
    plans = catalog()
    committed, metrics = asyncio.Event(), Metrics()

    def announce(change: Committed) -> None:
        feed.announce(change)
        metrics.announce(change)
        committed.set()

    engine = Engine(
        store=store,
        actions=actions,
        plans=plans,
        targets=targets,
        clock=clock,
        ids=Ulids(),
        authority=(authority := _Authority()),
        announce=announce,
    )
    services = Services(
        engine=engine,
        feed=feed,
        access=OpenAccess(),
        plans=plans,
        targets=targets,
        drivers=(DESCRIPTOR,),
        clock=clock,
        metrics=metrics,
        limits=limits or Limits(),
    )
    services = adapt(services)
    authority.policy = PolicyAuthority(services.access, services.drivers)
    running = Laneway(services, actions, clock, committed)
    try:
        async with _served(services) as url, aiohttp.ClientSession() as session:
            running.api = Api(session, url)
            yield running
    finally:
        await store.close()


@asynccontextmanager
async def _served(services: Services) -> AsyncIterator[str]:
    services.feed.start()
    await services.engine.start("test")
    runner = app.runner(app.web_application(services))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        services.feed.close()
        await runner.cleanup()
        await services.engine.stop()
        await services.feed.stop()
