"""Running a schedule once, and finding out what became of it.

``schedule.runManually`` is not idempotent, blocks until its command ends, and goes on when its
caller is gone. So this is the order of things, in `ScheduleRun.perform`:

1. the schedule is upserted; its script carries the attempt's marker behind a guard that lets the
   work of a marker begin once;
2. the runs that the panel knows already are noted down, in a checkpoint;
3. one POST, over a connection of its own;
4. the new runs are watched beside the POST, and `verdict.judge` says what became of the work.

After a crash `ScheduleRun.find_out` does 4 without the POST. It only reads.

**An attempt that never began.** The checkpoint is written before the POST, so a crash between the
two leaves a checkpoint and no run. The panel inserts the row of a run before it starts its
command, and prunes only the oldest rows. Where, on a panel that answers, no new row turns up within
the settle period while it is certain that none was pruned (`checkpoint.complete`), and nothing was
heard of the POST, the attempt has not begun: `find_out` raises the code ``not_started``, and the
engine starts it again under the same token. That is safe even against a POST that arrives late: the
token is the marker, the marker's work begins once, and a second delivery is turned away by the
guard. Once anything was heard of the POST (an error, or a silence that lasted), the same picture
stays unknown.

**A schedule that people look after** (`Work.guarded` is False) is run as it is. No marker is in its
command and no guard in front of it, so its log proves nothing, a late POST would be a second run,
and an attempt that left no row is unknown.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from laneway.drivers.dokploy.answers import Answer, no_answer, read_answer
from laneway.drivers.dokploy.checkpoint import Checkpoint, Stage, complete, kept
from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.dokploy.models import (
    READS_LOGS,
    SHOWS_REMOTE_EXIT,
    Deployment,
    PanelVersion,
)
from laneway.drivers.dokploy.pace import Pace, RunSettings
from laneway.drivers.dokploy.schedules import ExistingSchedule, WantedSchedule, upsert
from laneway.drivers.dokploy.statements import Statement, Wording
from laneway.drivers.dokploy.verdict import Fate, SeenRow, Verdict, View, judge
from laneway.drivers.http import HttpFailed, HttpResponse
from laneway.ports.driver import ActionContext, ActionFailed, OutcomeUnknown

NOT_STARTED = "not_started"

Post = asyncio.Task[HttpResponse]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run: the schedule, and the words of its script."""

    schedule: WantedSchedule | ExistingSchedule
    wording: Wording

    @property
    def guarded(self) -> bool:
        """Whether the script carries the marker, so that its work begins once."""
        return isinstance(self.schedule, WantedSchedule)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt whose end is known."""

    verdict: Verdict
    rows: Sequence[SeenRow]
    checkpoint: Checkpoint


class ScheduleRun:
    """One attempt at running a schedule."""

    def __init__(
        self, client: DokployClient, context: ActionContext, work: Work, settings: RunSettings
    ) -> None:
        self._client = client
        self._context = context
        self._work = work
        self._settings = settings
        self._checkpoint = kept(context, work.wording.marker)
        self._version: PanelVersion | None = None
        self._statements: dict[str, Statement] = {}
        self._pace = Pace(settings)
        self._readable = True

    async def perform(self) -> Finding:
        """Run the schedule once, or go on with the run that an earlier delivery began.

        Raises:
            ActionFailed: it is certain that the command was not begun.
            OutcomeUnknown: it cannot be told what became of it.
        """
        self._version = await self._client.version()
        schedule_id = await self._ready()
        rows = await self._client.runs(schedule_id)
        if self._checkpoint is not None and self._new(rows):
            return await self._watch(None)
        own = await self._own_among(rows)
        await self._note_down(schedule_id, rows, own)
        return await self._watch(None) if own else await self._post()

    async def find_out(self) -> Finding:
        """Tell what became of the attempt, by reading only.

        Raises:
            ActionFailed: it never began; code ``not_started``.
            OutcomeUnknown: it cannot be told.
        """
        if self._checkpoint is None:
            raise _not_started("it was lost before anything was posted to Dokploy")
        self._version = PanelVersion.parse(self._checkpoint.panel_version)
        return await self._watch(None)

    async def _ready(self) -> str:
        """The id of the schedule, which is as it is to be."""
        schedule = self._work.schedule
        if isinstance(schedule, ExistingSchedule):
            return schedule.schedule_id
        return (await upsert(self._client, schedule)).schedule_id

    async def _own_among(self, rows: Sequence[Deployment]) -> set[str]:
        """The running rows whose logs carry this attempt's marker: a delivery that came late.

        Raises:
            ActionFailed: another run has not ended; it is not run beside.
        """
        running = [row for row in rows if row.status == "running"]
        logs = {row.deployment_id: await self._client.log(row.deployment_id) for row in running}
        wording = self._work.wording
        for row in running:
            log = logs[row.deployment_id] or ""
            if not self._work.guarded or (wording.begins not in log and wording.read(log) is None):
                raise _beside_another(row)
        return {name for name, log in logs.items() if wording.begins in (log or "")}

    async def _note_down(self, schedule_id: str, rows: Sequence[Deployment], own: set[str]) -> None:
        """Checkpoint what is there before the POST; a restarted attempt keeps its first list."""
        known = tuple(row.deployment_id for row in rows if row.deployment_id not in own)
        if self._checkpoint is not None:
            known = self._checkpoint.known_deployments
        checkpoint = Checkpoint(
            schedule_id=schedule_id,
            marker=self._work.wording.marker,
            known_deployments=known,
            panel_version=str(self._version or ""),
            schedule_type=self._work.schedule.schedule_type,
            stage=Stage.SEEN if own else Stage.POSTING,
            seen=tuple(sorted(own)),
        )
        message = "an earlier delivery runs already" if own else "the schedule is ready, it is run"
        await self._save(checkpoint, message)

    async def _post(self) -> Finding:
        post = asyncio.create_task(self._client.run_manually(self._noted.schedule_id))
        try:
            return await self._watch(post)
        finally:
            post.cancel()
            await asyncio.gather(post, return_exceptions=True)

    async def _watch(self, post: Post | None) -> Finding:
        """Look until the work's end is known, or it is clear that it never will be."""
        while True:
            post = await self._hear(post)
            view = await self._look(busy=post is not None)
            if view is not None:
                verdict = judge(view)
                if verdict.fate in (Fate.SUCCEEDED, Fate.FAILED) and self._believed(verdict):
                    return Finding(verdict=verdict, rows=view.rows, checkpoint=self._noted)
                await self._tell(view)
                await self._lose_patience(verdict, post)
            self._pace.counts = view is not None
            await self._nap(post)

    def _believed(self, verdict: Verdict) -> bool:
        """Whether a verdict is about this attempt.

        A row without a marker may be somebody else's: it is taken for this attempt's where no
        answer and no other row comes for a while.
        """
        sure = self._work.guarded or verdict.by != "row"
        return sure or self._pace.quiet >= self._settings.settle

    async def _hear(self, post: Post | None) -> Post | None:
        """Take the answer to the POST, once there is one."""
        if post is None or not post.done():
            return post
        try:
            answer = read_answer(self._client, post.result())
        except HttpFailed as failed:
            answer = no_answer(failed)
        self._pace.restart()
        checkpoint = msgspec.structs.replace(self._noted, stage=Stage.ANSWERED, answer=answer)
        await self._save(checkpoint, _heard(answer))
        return None

    async def _look(self, *, busy: bool) -> View | None:
        """Read the new runs; None where the panel cannot be read, which changes nothing."""
        try:
            listed = await self._client.runs(self._noted.schedule_id)
        except ActionFailed as failed:
            await self._complain(failed)
            return None
        if not self._readable:
            self._readable = True
            await self._context.progress("Dokploy can be read again")
        return View(
            rows=[await self._seen(row, busy=busy) for row in self._new(listed)],
            complete=complete(self._noted, listed),
            shows_exit=self._shows_exit(),
            answer=self._noted.answer,
        )

    async def _complain(self, failed: ActionFailed) -> None:
        if self._readable:
            self._readable = False
            message = f"Dokploy cannot be read, the run goes on unwatched: {failed}"
            await self._context.progress(message, {"code": failed.failure.code})

    async def _seen(self, row: Deployment, *, busy: bool) -> SeenRow:
        """A row with what its log states; while the POST is out, running rows are let be."""
        if busy and row.status == "running":
            return SeenRow(row=row)
        return SeenRow(row=row, statement=await self._statement(row))

    async def _statement(self, row: Deployment) -> Statement | None:
        name = row.deployment_id
        if not self._work.guarded:
            return None
        if name not in self._statements and (self._version is None or self._version >= READS_LOGS):
            stated = self._work.wording.read(await self._client.log(name) or "")
            if stated is not None:
                self._statements[name] = stated
        return self._statements.get(name)

    async def _tell(self, view: View) -> None:
        """Write down new rows, and say how they stand, when that changes."""
        standing = {seen.row.deployment_id: _standing(seen) for seen in view.rows}
        if not self._pace.changed(standing):
            return
        message = ", ".join(f"run {name} is {word}" for name, word in standing.items())
        noted = self._noted
        if set(standing) <= set(noted.seen):
            await self._context.progress(message, {"runs": standing})
            return
        stage = noted.stage if noted.stage is Stage.ANSWERED else Stage.SEEN
        seen = tuple(sorted({*noted.seen, *standing}))
        await self._save(msgspec.structs.replace(noted, stage=stage, seen=seen), message)

    async def _lose_patience(self, verdict: Verdict, post: Post | None) -> None:
        """Give up a picture that has not changed for long and will not tell more.

        Raises:
            ActionFailed: the attempt never began.
            OutcomeUnknown: it cannot be told what became of it.
        """
        quiet, settings = self._pace.quiet, self._settings
        if verdict.fate is Fate.OPEN or (post is not None and verdict.fate is not Fate.ABSENT):
            return
        if post is not None and quiet < settings.row_wait:
            if quiet >= settings.unanswered and self._noted.stage is Stage.POSTING:
                checkpoint = msgspec.structs.replace(self._noted, stage=Stage.UNANSWERED)
                await self._save(checkpoint, "Dokploy has not answered, and lists no new run")
        elif quiet >= settings.settle:
            raise self._unknown(verdict)

    def _unknown(self, verdict: Verdict) -> ActionFailed | OutcomeUnknown:
        began = not self._work.guarded or self._noted.stage is not Stage.POSTING
        if verdict.fate is Fate.ABSENT and not began:
            return _not_started("Dokploy lists no run of it, and none was pruned")
        answer = self._noted.answer
        detail: dict[str, Any] = {
            "schedule_id": self._noted.schedule_id,
            "marker": self._noted.marker,
            "deployment_id": verdict.row.row.deployment_id if verdict.row else None,
            "answer": msgspec.to_builtins(answer) if answer else None,
        }
        code = f"outcome_unknown_{verdict.reason}"
        return OutcomeUnknown(code, _WHY_UNKNOWN[verdict.reason], detail=detail)

    async def _nap(self, post: Post | None) -> None:
        """Let time pass until the next look, or until the POST is answered."""
        interval = self._pace.next()
        nap = asyncio.ensure_future(self._context.sleep(interval))
        waited_for: set[asyncio.Future[Any]] = {nap} if post is None else {nap, post}
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if nap.done():
                nap.result()
                self._pace.passed(interval)
        finally:
            nap.cancel()
            await asyncio.gather(nap, return_exceptions=True)

    def _shows_exit(self) -> bool:
        if self._work.schedule.schedule_type != "server":
            return True
        return self._version is not None and self._version >= SHOWS_REMOTE_EXIT

    def _new(self, listed: Sequence[Deployment]) -> list[Deployment]:
        known = set(self._noted.known_deployments)
        return [row for row in listed if row.deployment_id not in known]

    @property
    def _noted(self) -> Checkpoint:
        if self._checkpoint is None:
            raise RuntimeError("nothing was checkpointed yet")
        return self._checkpoint

    async def _save(self, checkpoint: Checkpoint, message: str) -> None:
        self._checkpoint = checkpoint
        await self._context.save_checkpoint(msgspec.to_builtins(checkpoint), message)


def _beside_another(row: Deployment) -> ActionFailed:
    message = (
        f"run {row.deployment_id} of this schedule is still listed as running; once it is certain"
        " that its command is over, end it in Dokploy (kill or delete it)"
    )
    detail = {"deployment_id": row.deployment_id, "started_at": row.started_at}
    return ActionFailed("schedule_running", message, retry_class="busy", detail=detail)


def _standing(seen: SeenRow) -> str:
    if seen.statement is not None:
        return f"{seen.row.status}, its log says {seen.statement.value}"
    return "superseded" if seen.row.superseded else seen.row.status or "without a status"


def _heard(answer: Answer) -> str:
    if answer.problem:
        return f"no answer came ({answer.problem}), the run itself must tell"
    if answer.meaning == "unknown":
        return f"an answer {answer.status} came, the run itself must tell"
    return f"Dokploy answered that the run {answer.meaning}"


def _not_started(why: str) -> ActionFailed:
    return ActionFailed(NOT_STARTED, f"the attempt never began: {why}", retry_class=NOT_STARTED)


_WHY_UNKNOWN = {
    "no_deployment": "the run was asked for, and Dokploy lists no run that could be it",
    "row_pruned": "Dokploy no longer lists the run, so its end cannot be read",
    "lost_run": "the work was begun by a run that Dokploy does not list",
    "exit_code_hidden": "this Dokploy calls remote runs done whatever their exit code, and the log"
    " does not tell it either",
    "cancelled_row": "Dokploy marked the run as cancelled, as it does after a restart; its command"
    " may have gone on",
    "ambiguous_rows": "Dokploy lists several new runs that ended differently, and no log tells"
    " which of them did the work",
}
