"""A limited number of places, for what stays connected."""

from collections.abc import Iterator
from contextlib import contextmanager

from laneway_server.problems import Problem


class Places:
    """So many may be there at once; whoever comes then is refused, with a problem of that code."""

    def __init__(self, most: int, code: str) -> None:
        self.most = most
        self.taken = 0
        self._code = code

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place, until the end of the block.

        Raises:
            Problem: all are taken.
        """
        if self.taken >= self.most:
            raise Problem(self._code, f"all {self.most} places are taken")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
