"""When a failed attempt is made again. Pure: the jitter comes from the attempt's token."""

import hashlib

from .events import Failure
from .model import Retry


def wants_retry(retry: Retry, failure: Failure | None, tries: int) -> bool:
    """Whether the plan makes another attempt, after ``tries`` of them and this failure."""
    return failure is not None and failure.retry_class in retry.on and tries < retry.attempts


def delay(retry: Retry, tries: int, token: str) -> int:
    """Milliseconds until the next attempt.

    Args:
        tries: how many attempts have been made, at least one.
        token: of the attempt that failed; with full jitter it decides the fraction of the delay, so
            that the same history always gives the same times.
    """
    full = min(retry.delay * retry.factor ** (tries - 1), retry.max_delay)
    return round(full * _fraction(token)) if retry.jitter == "full" else round(full)


def _fraction(token: str) -> float:
    """A number from 0 to 1 that looks random and is not."""
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:6]) / float(1 << 48)
