"""A limited number of places, for what stays connected."""

from collections import Counter
from types import TracebackType

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

    def one(self, caller: str) -> "_Place":
        """A place for a caller; it is theirs for the length of a block.

        Raises:
            Problem: at the block's beginning: all are taken, or all that one caller may have.
        """
        return _Place(self, caller)

    def take(self, caller: str) -> None:
        """Take a place; see `one`."""
        if self.taken >= self.most:
            raise Problem(self._code, f"all {self.most} places are taken")
        if self._callers[caller] >= self.each:
            raise Problem(self._code, f"you have taken all {self.each} places of one caller")
        self._count(caller, 1)

    def free(self, caller: str) -> None:
        """Give a place back."""
        self._count(caller, -1)

    def _count(self, caller: str, places: int) -> None:
        self.taken += places
        self._callers[caller] += places
        if not self._callers[caller]:
            del self._callers[caller]


class _Place:
    """One place, and whose it is."""

    __slots__ = ("_caller", "_places")

    def __init__(self, places: Places, caller: str) -> None:
        self._places = places
        self._caller = caller

    def __enter__(self) -> None:
        self._places.take(self._caller)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._places.free(self._caller)
