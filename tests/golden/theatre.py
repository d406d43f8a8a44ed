"""Plays the scripts of golden traces: operations on lanes, in virtual time."""

from collections.abc import Callable, Iterator

from laneway.core import inputs
from laneway.core.admission import LaneState, first_event, refusal, retry
from laneway.core.commands import AnyCommand, RecoverAction
from laneway.core.compile import CompiledPlan
from laneway.core.events import Actor, Failure, OperationAccepted, Ruling
from laneway.core.instants import Instant, later, parse_duration
from laneway.core.model import WhenBusy
from tests.golden.lines import command_line, event_line, status_line
from tests.golden.script import Command
from tests.support.play import START, Player, asked_for

SECOND = 1_000


class Theatre:
    """The operations of one trace, and the lane that they share.

    A command is played one second after the one before, unless it says ``after=``.
    """

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self.now: Instant = START
        self.operations: list[Player] = []
        self.frozen: str | None = None
        self.shown: Player | None = None

    def play(self, line: str) -> list[str]:
        """What comes of one command."""
        command = Command.parse(line)
        handler: Callable[[Command], Iterator[str]] = getattr(self, f"do_{command.verb}")
        lines: list[str] = []
        if self.operations and command.verb not in ("wait", "to", "scene"):
            lines += self._pass_time(_after(command))
        try:
            lines += handler(command)
            lines += self._promote()
        except inputs.InputRefused as refused:
            lines.append(f"    x {refused.code}: {refused}")
        return lines

    @property
    def player(self) -> Player:
        """The operation that commands are about: the oldest that has not ended, else the newest."""
        unfinished = [p for p in self.operations if not p.run.terminal]
        return (unfinished or self.operations[-1:])[0]

    def do_scene(self, command: Command) -> Iterator[str]:
        """``scene [at=PHASE] …``: nothing of what was; a new operation, with ``submit``'s words.

        Everything passes until the phase is under way; only what came of it is shown.
        """
        self.operations, self.frozen, self.shown, self.now = [], None, None, START
        at = command.named.pop("at", None)
        lines = list(self.do_submit(command))
        yield from self._advance(at) if at else lines

    # --- operations ------------------------------------------------------------------------------

    def do_submit(self, command: Command) -> Iterator[str]:
        """``submit [lane=INSTANCE] [by=] [supersedes=] [dry_run] [queue]``."""
        asked = asked_for(
            self.plan,
            command.named.get("lane", "testing"),
            requested_by=_caller(command, "ann"),
            supersedes=command.named.get("supersedes"),
            dry_run="dry_run" in command.words,
            when_busy=WhenBusy.QUEUE if "queue" in command.words else WhenBusy.REJECT,
        )
        yield from self._submit(asked)

    def do_retry(self, command: Command) -> Iterator[str]:
        """``retry [by=]``: of the operation that ended last."""
        old = [p for p in self.operations if p.run.terminal][-1]
        again, accepted = retry(old.plan, old.run), old.run.accepted
        asked = first_event(
            self.plan.plan,
            lane=accepted.lane,
            request=accepted.request,
            requested_by=_caller(command, "ann"),
            when_busy=accepted.when_busy,
            dry_run=accepted.dry_run,
            retry_of=old.run.id,
            retry_from=again.begin,
            approvals_needed=again.approvals,
            carried=again.carried,
        )
        yield from self._submit(asked)

    def _submit(self, asked: OperationAccepted) -> Iterator[str]:
        held = [p for p in self.operations if not p.run.terminal]
        refused = refusal(self.plan.plan, asked, self._lane())
        if held and self.frozen is None and asked.when_busy is not WhenBusy.QUEUE:
            yield f"    x lane_busy: {held[0].run.id} holds it"
        elif refused is not None:
            yield f"    x {refused.code}: {refused.message}"
        else:
            name = f"op_{len(self.operations) + 1}"
            player = Player(self.plan, asked, operation_id=name, at=self.now)
            self.operations.append(player)
            yield from self._show(player, 0, {})
            if not held:
                yield from self._tell(player, inputs.LaneGranted(target={}))

    def _promote(self) -> Iterator[str]:
        """A lane that is free goes to the first in its queue that may begin."""
        while True:
            unfinished = [p for p in self.operations if not p.run.terminal]
            if not unfinished or unfinished[0].run.started_at is not None:
                return
            first = unfinished[0]
            asked = first.run.accepted
            refused = refusal(self.plan.plan, asked, self._lane())
            told = (
                inputs.LaneRefused(failure=refused)
                if refused is not None
                else inputs.LaneGranted(target={})
            )
            yield from self._tell(first, told)

    def _lane(self) -> LaneState:
        """The lane's state; what its holder is doing counts when it has ended."""
        destructive = [p.run for p in self.operations if p.run.destructive_at is not None]
        newest = max(destructive, key=lambda run: run.destructive_at or "", default=None)
        return LaneState(self.frozen, newest.id if newest and newest.terminal else None)

    def do_freeze(self, command: Command) -> Iterator[str]:
        """``freeze REASON``: no new operation begins on the lane."""
        self.frozen = " ".join(command.words)
        yield f"    = the lane is frozen: {self.frozen}"

    def do_unfreeze(self, command: Command) -> Iterator[str]:
        """``unfreeze``."""
        self.frozen = None
        yield "    = the lane is not frozen"

    # --- drivers ---------------------------------------------------------------------------------

    def do_finish(self, command: Command) -> Iterator[str]:
        """``finish PHASE[,PHASE] OUTCOME [class=] [code=] [message=] [digest=]``."""
        phases, outcome = command.words
        for phase in phases.split(","):
            digest = command.named.get("digest", f"{phase}/1" if outcome == "pass" else "")
            failure = None if outcome == "pass" else _failure(command, outcome)
            token = self.player.run.phase(phase).token
            told = inputs.AttemptFinished(
                self.player.driver(phase),
                phase=phase,
                token=command.named.get("token", token),
                outcome=outcome,
                digest=digest,
                failure=failure,
            )
            yield from self._tell(self.player, told)

    def do_recover(self, command: Command) -> Iterator[str]:
        """``recover PHASE pass|fail|not_started|unknown``: the answer to a recovery."""
        phase, outcome = command.words
        asked = self.player.commands.get(f"action:{phase}")
        assert isinstance(asked, RecoverAction), f"nobody asked what became of {phase}"
        if outcome == "unknown":
            yield from self.do_unknown(command)
        elif outcome == "not_started":
            named = {"code": "not_started", "message": "it never reached the provider"}
            yield from self.do_finish(Command("finish", (phase, "fail"), named))
        else:
            yield from self.do_finish(Command("finish", (phase, outcome)))

    def do_unknown(self, command: Command) -> Iterator[str]:
        """``unknown PHASE``: the driver cannot tell."""
        phase = command.words[0]
        told = inputs.AttemptUnknown(
            self.player.driver(phase),
            phase=phase,
            token=self.player.run.phase(phase).token,
            failure=Failure("no_answer", "the provider did not answer"),
        )
        yield from self._tell(self.player, told)

    def do_progress(self, command: Command) -> Iterator[str]:
        """``progress PHASE MESSAGE [NAME=VALUE …]``: what is named is the checkpoint."""
        phase, message = command.words
        told = inputs.AttemptProgressed(
            self.player.driver(phase),
            phase=phase,
            token=self.player.run.phase(phase).token,
            message=message,
            checkpoint=dict(command.named) or None,
        )
        yield from self._tell(self.player, told)

    def do_hold(self, command: Command) -> Iterator[str]:
        """``hold PHASE``: the engine is about to stop, and does not begin the attempt."""
        phase = command.words[0]
        token = self.player.run.phase(phase).token
        yield from self._tell(self.player, inputs.AttemptHeld(phase=phase, token=token))

    def do_crash(self, command: Command) -> Iterator[str]:
        """``crash``: the engine is killed, and another one starts."""
        lost = self.player.actions()
        for action in lost:
            told = inputs.AttemptLost(phase=action.phase, token=action.token)
            yield from self._tell(self.player, told)
        if not lost:
            yield status_line(self.player.run)

    # --- people ----------------------------------------------------------------------------------

    def do_cancel(self, command: Command) -> Iterator[str]:
        """``cancel [by=] [op=]``."""
        named = [p for p in self.operations if p.run.id == command.named.get("op")]
        player = named[0] if named else self.player
        yield from self._tell(player, inputs.Cancel(_caller(command, "ann")))

    def do_pause(self, command: Command) -> Iterator[str]:
        """``pause [by=]``."""
        yield from self._tell(self.player, inputs.Pause(_caller(command, "ann")))

    def do_resume(self, command: Command) -> Iterator[str]:
        """``resume [by=]``."""
        yield from self._tell(self.player, inputs.Resume(_caller(command, "ann")))

    def do_approve(self, command: Command) -> Iterator[str]:
        """``approve [PHASE] [by=] [stale]``."""
        yield from self._decide(command, "approve")

    def do_reject(self, command: Command) -> Iterator[str]:
        """``reject [PHASE] [by=]``."""
        yield from self._decide(command, "reject")

    def _decide(self, command: Command, decision: str) -> Iterator[str]:
        phases = [word for word in command.words if word != "stale"]
        phase = phases[0] if phases else self.player.run.place
        approval = self.player.run.phase(phase).approval
        digest = approval.digest if approval and "stale" not in command.words else "sha256:other"
        actor = _caller(command, "bob")
        told = inputs.Approve(actor, phase=phase, decision=decision, digest=digest)
        yield from self._tell(self.player, told)

    def do_revoke(self, command: Command) -> Iterator[str]:
        """``revoke PHASE [by=]``: somebody takes back their approval."""
        phase = command.words[0]
        told = inputs.Revoke(_caller(command, "bob"), phase=phase, reason="looked again")
        yield from self._tell(self.player, told)

    def do_policy(self, command: Command) -> Iterator[str]:
        """``policy allows|denies [RULE OR REASON]``: what it says of the requester from now on."""
        verdict, *rest = command.words
        allowed, said = verdict == "allows", " ".join(rest)
        self.player.ruling = Ruling(
            allowed=allowed,
            rules=(said,) if allowed else (),
            policy="sha256:policy",
            reason="" if allowed else said,
        )
        yield f"    = the policy {verdict} it: {said}"

    def do_reconcile(self, command: Command) -> Iterator[str]:
        """``reconcile pass|fail|retry [by=] [phase=]``."""
        told = inputs.Reconcile(
            _caller(command, "eve"),
            outcome=command.words[0],
            note="looked at it",
            phase=command.named.get("phase"),
        )
        yield from self._tell(self.player, told)

    # --- time ------------------------------------------------------------------------------------

    def do_wait(self, command: Command) -> Iterator[str]:
        """``wait DURATION``: timers that come due fire."""
        fired = list(self._pass_time(parse_duration(command.words[0])))
        yield from fired or [status_line(self.player.run)]

    def do_to(self, command: Command) -> Iterator[str]:
        """``to PHASE``: everything passes until that phase is under way; only the end is shown."""
        yield from self._advance(command.words[0])

    def _advance(self, phase: str) -> Iterator[str]:
        while self.player.run.place != phase:
            assert not self.player.run.terminal, f"the operation ended before {phase}"
            list(self._pass_time(SECOND))
            self._pass_next()
            self.now = self.player.now
        self.shown = self.player
        yield f"    … {len(self.player.events)} events"
        yield status_line(self.player.run)

    def _pass_next(self) -> None:
        try:
            self.player.pass_next()
        except inputs.InputRefused as refused:
            raise AssertionError(f"what was to pass was refused: {refused}") from refused

    def _pass_time(self, milliseconds: int) -> Iterator[str]:
        until = later(self.now, milliseconds)
        for player in self.operations:
            seen, before = len(player.events), dict(player.commands)
            for _ in player.wait_until(until):
                yield from self._show(player, seen, before)
                seen, before = len(player.events), dict(player.commands)
        self.now = until

    # --- what is shown ---------------------------------------------------------------------------

    def _tell(self, player: Player, told: inputs.AnyInput) -> Iterator[str]:
        seen, before = len(player.events), dict(player.commands)
        player.tell(told)
        yield from self._show(player, seen, before)

    def _show(self, player: Player, seen: int, before: dict[str, AnyCommand]) -> Iterator[str]:
        if self.shown is not None and self.shown is not player:
            yield f"{player.run.id}:"
        self.shown = player
        if len(player.events) == seen:
            yield "    . nothing"
        yield from (event_line(recorded) for recorded in player.events[seen:])
        withdrawn = [key for key in before if key not in player.commands]
        if withdrawn:
            yield f"    - {', '.join(withdrawn)}"
        for key, command in player.commands.items():
            if before.get(key) != command:
                yield command_line(command)
        yield status_line(player.run)


def _caller(command: Command, name: str) -> Actor:
    return Actor("caller", command.named.get("by", name))


def _after(command: Command) -> int:
    return parse_duration(command.named.pop("after", "1s"))


def _failure(command: Command, outcome: str) -> Failure:
    named = command.named
    kind = named.get("class", "")
    return Failure(
        named.get("code", kind or f"was_{outcome}"),
        named.get("message", "so it was found"),
        retry_class=kind,
    )
