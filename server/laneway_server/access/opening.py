"""Access, put together: by an access file, or open."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from laneway.ports.environment import Clock
from laneway.ports.store import Store

from .addresses import Front
from .guarded import GuardedAccess
from .identities import Identities, SignIns
from .identity import Access
from .open_access import OpenAccess
from .reloading import ReloadingPolicy


@dataclass(frozen=True)
class Entrance:
    """The way into a server.

    Attributes:
        access: says who calls, and what they may do.
        front: what stands before it.
        sign_ins: what signs browsers in; None where access is open.
    """

    access: Access
    front: Front
    sign_ins: SignIns | None = None


def read_policy(file: str | None, clock: Clock) -> ReloadingPolicy | None:
    """The policy of an access file; None where access is open.

    Raises:
        FileInvalid: the file cannot be used.
    """
    return None if file is None else ReloadingPolicy(Path(file), clock)


async def opened(
    policy: ReloadingPolicy | None, store: Store, clock: Clock, front: Front, stack: AsyncExitStack
) -> Entrance:
    """The way in, ready; ``stack`` closes it."""
    if policy is None:
        return Entrance(OpenAccess(), front)
    identities = Identities(store.sessions, clock, front=front)
    await identities.start()
    stack.push_async_callback(identities.stop)
    sign_ins = SignIns(identities, lambda: policy.current().document)
    return Entrance(GuardedAccess(identities, policy), front, sign_ins)
