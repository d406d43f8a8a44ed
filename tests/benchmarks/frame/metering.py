"""What a measurement cost: time, the CPU time of those who took part, and what others used of it.

Wall time alone does not tell a slow program from a busy machine. What others used does.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What was used in a while.

    Attributes:
        wall: seconds.
        cpu: seconds of CPU time of this process, by threads of any kind.
        server: of the processes that were measured.
        others: of everything else on the machine; what disturbs a measurement.
    """

    wall: float = 0.0
    cpu: float = 0.0
    server: float = 0.0
    others: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            wall=self.wall + other.wall,
            cpu=self.cpu + other.cpu,
            server=self.server + other.server,
            others=self.others + other.others,
        )

    @property
    def noise(self) -> float:
        """The part of the machine that others used."""
        return self.others / (self.wall * (os.cpu_count() or 1)) if self.wall else 0.0


@contextmanager
def metered(
    servers: Sequence[int] = (), clients: Sequence[int] = ()
) -> Iterator[Callable[[], Cost]]:
    """Measure a block.

    Args:
        servers: processes that are measured.
        clients: processes that make the load; they count as this one.

    Yields:
        What tells the cost: of the block once it is over, and until then of it so far.
    """
    begin = _now(servers, clients)
    found: list[Cost] = []
    try:
        yield lambda: found[0] if found else _between(begin, _now(servers, clients))
    finally:
        found.append(_between(begin, _now(servers, clients)))


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used; 0 where it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident(pid: int) -> int:
    """Bytes of memory that a process has resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def handles(pid: int) -> int:
    """How many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - only how many, and often


def _now(servers: Sequence[int], clients: Sequence[int]) -> tuple[float, float, float, float]:
    own = time.process_time() + sum(map(cpu_seconds, clients))
    return time.perf_counter(), own, sum(map(cpu_seconds, servers)), _machine()


def _machine() -> float:
    """CPU seconds that the machine was busy: neither idle nor waiting for a disk."""
    fields = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS


def _between(begin: tuple[float, ...], end: tuple[float, ...]) -> Cost:
    wall, cpu, server, machine = (later - before for before, later in zip(begin, end, strict=True))
    # The kernel counts in hundredths of a second: a short block can seem to leave less than none.
    return Cost(wall=wall, cpu=cpu, server=server, others=max(machine - cpu - server, 0.0))
