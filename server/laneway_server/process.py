"""A process as a server wants it: its event loop, its threads, its garbage."""

import asyncio
import gc
import sys
from collections.abc import Callable

SWITCH_INTERVAL = 0.0005
"""Seconds for which the event loop keeps the interpreter from a thread that waits for it.

The threads of the store want it for moments only, to take what they shall do and to tell what came
of it. At Python's own 5 ms they would mostly begin when the loop has run out of work, and the two
would take turns where they could work side by side.
"""


def share_fairly() -> None:
    """Let threads that wait for the interpreter have it soon."""
    sys.setswitchinterval(SWITCH_INTERVAL)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loops where it is installed, which it cannot be everywhere; else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - it may not be there
    except ImportError:
        return None
    return uvloop.new_event_loop


def settle() -> None:
    """What was loaded stays, and is not looked through for garbage ever again."""
    gc.collect()
    gc.freeze()
