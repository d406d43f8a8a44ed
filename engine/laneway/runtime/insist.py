"""Insisting: work that the engine owes, and does as soon as the store answers again."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from laneway.core import inputs
from laneway.ports.environment import Clock
from laneway.ports.store import StoreError

from .operations import EngineFenced, OperationNotFound

STORE_RETRY = 500
"""Milliseconds between tries while the store does not answer."""

NO_LONGER_WANTED = (inputs.InputRefused, EngineFenced, OperationNotFound)
"""What says that the work is not to be done (any more)."""

T = TypeVar("T")

_log = structlog.get_logger("laneway.engine")


async def insist(clock: Clock, work: Callable[[], Awaitable[T]], **about: Any) -> T | None:
    """Do it, however long the store takes; give up only where it is no longer wanted.

    Args:
        about: what to say of the work in the log.

    Returns:
        What it gave, or None where it was given up.
    """
    while True:
        try:
            return await work()
        except NO_LONGER_WANTED as refused:
            _log.info("no_longer_wanted", why=str(refused), **about)
            return None
        except StoreError as failed:
            _log.error("store_unavailable", why=str(failed), **about)
            await clock.sleep(STORE_RETRY)
        except Exception:  # noqa: BLE001  # a defect: it must show, and not take the caller along
            _log.exception("defect", **about)
            return None
