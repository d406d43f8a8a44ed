"""Actions whose outcome a test decides, attempt by attempt."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping

from laneway.core.model import ActionSpec
from laneway.ports.driver import Action, ActionContext, ActionResult

Answer = ActionResult | Exception


class ScriptedAction:
    """Implements `laneway.ports.driver.Action`.

    Every call waits until the test answers it. ``calls`` counts them by method; ``asked`` holds the
    contexts of calls that wait for their answer.
    """

    def __init__(
        self, spec: ActionSpec, *, automatic: Callable[[str], Answer] | None = None
    ) -> None:
        self.spec = spec
        self.automatic = automatic
        self.calls: dict[str, list[str]] = defaultdict(list)
        self.asked: asyncio.Queue[tuple[ActionContext, asyncio.Future[Answer]]] = asyncio.Queue()

    async def run(self, context: ActionContext) -> ActionResult:
        """Perform an attempt."""
        return await self._ask("run", context)

    async def recover(self, context: ActionContext) -> ActionResult:
        """Tell what became of an attempt."""
        return await self._ask("recover", context)

    async def dry_run(self, context: ActionContext) -> ActionResult:
        """Report what would be done."""
        return await self._ask("dry_run", context)

    async def answer(self, answer: Answer) -> ActionContext:
        """Wait for a call, answer it, and return its context."""
        context, answered = await self.asked.get()
        while answered.done():  # its attempt was withdrawn
            context, answered = await self.asked.get()
        answered.set_result(answer)
        return context

    async def called(self) -> ActionContext:
        """Wait for a call and return its context, leaving it unanswered."""
        context, answered = await self.asked.get()
        self.asked.put_nowait((context, answered))
        return context

    async def _ask(self, method: str, context: ActionContext) -> ActionResult:
        self.calls[method].append(context.token)
        if self.automatic is not None:
            return _given(self.automatic(method))
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait((context, answered))
        return _given(await answered)


def _given(answer: Answer) -> ActionResult:
    if isinstance(answer, Exception):
        raise answer
    return answer


class ScriptedActions:
    """A set of scripted actions, where the engine looks for actions."""

    def __init__(self, specs: Mapping[str, ActionSpec]) -> None:
        self.by_id = {action_id: ScriptedAction(spec) for action_id, spec in specs.items()}

    def action(self, action_id: str) -> Action | None:
        """The action of that id, or None."""
        return self.by_id.get(action_id)

    def answer_all(self, answer: Callable[[str], Answer]) -> None:
        """From now on, answer every call at once by its method."""
        for action in self.by_id.values():
            action.automatic = answer
