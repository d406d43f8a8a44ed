"""Long-polling: a request that waits for the next commit of an operation."""

from laneway.runtime.engine import Engine
from laneway.runtime.operations import Operation

from .feed import Feed
from .topic import Follower


class _Waiting(Follower):
    """Follows until there is news, and hears of nothing else."""

    __slots__ = ()

    def tick(self) -> None:
        """Nobody is told that there was nothing: the request is answered when its time is up."""


async def news(engine: Engine, feed: Feed, operation_id: str, after: int, wait: int) -> Operation:
    """The operation, as soon as its seq is greater than ``after``.

    It comes as it is after ``wait`` milliseconds; and at once where it has ended, so that nothing
    more will come, or where the server is about to stop.

    Raises:
        OperationNotFound: there is none.
    """
    with feed.follow(operation_id, _Waiting()) as follower:
        alarm = feed.alarms.ring(wait, follower.wake)
        try:
            while True:
                follower.heed()
                operation = await engine.operation(operation_id)
                done = operation.run.seq > after or operation.run.terminal
                if done or alarm.over or feed.closing:
                    return operation
                await follower.wait()
        finally:
            feed.alarms.cancel(alarm)
