"""A limited number of places, for what stays connected."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from laneway_server.problems import Problem


class Places:
    """So many may be there at once; whoever comes then is refused, with a problem of that code.

    Args:
        most: how many, whoever they are.
        code: of the problem.
        each: how many of one caller; None: as many as there are.

    Attributes:
        taken: how many are there now.
    """

    def __init__(self, most: int, code: str, each: int | None = None) -> None:
        self.most = most
        self.each = most if each is None else each
        self.taken = 0
        self._code = code
        self._callers: Counter[str] = Counter()

    @contextmanager
    def one(self, caller: str) -> Iterator[None]:
        """Take a place for a caller, until the end of the block.

        Raises:
            Problem: all are taken, or all that one caller may have.
        """
        if self.taken >= self.most:
            raise Problem(self._code, f"all {self.most} places are taken")
        if self._callers[caller] >= self.each:
            raise Problem(self._code, f"you have taken all {self.each} places of one caller")
        self._take(caller, 1)
        try:
            yield
        finally:
            self._take(caller, -1)

    def _take(self, caller: str, places: int) -> None:
        self.taken += places
        self._callers[caller] += places
        if not self._callers[caller]:
            del self._callers[caller]
