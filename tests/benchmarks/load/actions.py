"""Actions that do nothing, as fast as nothing can be done; and some that wait to be released.

For an engine in the same process they are `Actions`; a server finds them as `XDriver`, through an
entry point as any driver's.
"""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from laneway.drivers.actions import NoRecovery
from laneway.ports.driver import Action, ActionContext, ActionResult, DriverDescriptor

from .plans import HOLD, SPECS, STEP, TALK

TASKS_FILE = "LANEWAY_BENCH_TASKS"
"""The variable that names the file into which a server writes how many tasks it has."""


class Step(NoRecovery):
    """Passes at once, and says when that was (ns of the machine's monotonic clock)."""

    spec = STEP

    async def run(self, context: ActionContext) -> ActionResult:
        """Pass."""
        return ActionResult(outcome="pass", evidence={"ended": time.monotonic_ns()})


class Hold(NoRecovery):
    """Passes when it is released."""

    spec = HOLD

    def __init__(self, released: asyncio.Event) -> None:
        self._released = released

    async def run(self, context: ActionContext) -> ActionResult:
        """Wait, and pass."""
        await self._released.wait()
        return ActionResult(outcome="pass")


class Talk(NoRecovery):
    """When it is released, tells events; each says when it was told."""

    spec = TALK

    def __init__(self, released: asyncio.Event) -> None:
        self._released = released

    async def run(self, context: ActionContext) -> ActionResult:
        """Wait, and talk."""
        await self._released.wait()
        pause = context.parameters["pause"]
        # Not all at the same time: lanes begin one after the other within a pause.
        begin = asyncio.get_running_loop().time() + pause * _place(context) / 1_000
        await asyncio.sleep(begin - asyncio.get_running_loop().time())
        for number in range(context.parameters["events"]):
            await context.progress("talking", {"sent": time.monotonic_ns()})
            if pause:
                # From the beginning, not from the last: what is late must not make the load less.
                due = begin + (number + 1) * pause / 1_000
                await asyncio.sleep(due - asyncio.get_running_loop().time())
        return ActionResult(outcome="pass")


class Actions:
    """Where an engine finds the actions. ``released`` lets go those that wait."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        made: tuple[Action, ...] = (Step(), Hold(self.released), Talk(self.released))
        self.by_id = {action.spec.action_id: action for action in made}

    def action(self, action_id: str) -> Action | None:
        """The action of that id."""
        return self.by_id.get(action_id)


class XDriver:
    """The actions as a driver. SIGUSR1 releases those that wait; SIGUSR2 has tasks counted."""

    descriptor = DriverDescriptor(
        driver_id="x",
        label="Nothing",
        description="Does nothing, for benchmarks.",
        actions=tuple(SPECS.values()),
    )

    def __init__(self) -> None:
        self._actions = Actions()

    def actions(self) -> Sequence[Action]:
        """Every action of the descriptor."""
        return tuple(self._actions.by_id.values())

    async def start(self) -> None:
        """Listen to signals."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._release)
        loop.add_signal_handler(signal.SIGUSR2, _count_tasks)

    async def stop(self) -> None:
        """Listen no more."""
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGUSR1)
        loop.remove_signal_handler(signal.SIGUSR2)

    def _release(self) -> None:
        """Let go what waits now; who comes later waits for the next release."""
        self._actions.released.set()
        self._actions.released.clear()


def _place(context: ActionContext) -> float:
    """Where the lane is among a hundred, from 0 to 1."""
    return int(context.lane.instance.rpartition("-")[2] or 0) % 100 / 100


def _count_tasks() -> None:
    file = Path(os.environ[TASKS_FILE])
    whole = file.with_suffix(".new")
    whole.write_text(str(len(asyncio.all_tasks())))
    whole.replace(file)
