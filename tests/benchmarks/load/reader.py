"""Thousands of readers in one process of its own, which does nothing but take bytes and count.

    python -m tests.benchmarks.load.reader PORT FILE

The file has the requests as a JSON list, each ``[request, silent, times]``. When every connection
has its first bytes (or where none are to be expected, and the request is ``silent``: when it is
sent), a line says so. Each line on standard input is answered by a line with what was counted;
after ``reset`` it is counted anew. The end of standard input ends the process.
"""

import errno
import json
import os
import re
import resource
import select
import socket
import sys
import time
from array import array
from collections import deque
from pathlib import Path

AT_ONCE = 200
"""Connections that are opened at once: a server's backlog is limited."""

OF_ONE_ADDRESS = 4_000
"""Connections from one source address: an address has only so many ports."""

_SENT = re.compile(rb'"sent":(\d+)[,}]')
_READ = 1 << 18


class Reader:
    """See the module."""

    def __init__(self, port: int, requests: list[tuple[bytes, bool]]) -> None:
        self._port = port
        self._waiting = deque(requests)
        self._opening: dict[int, tuple[bytes, bool]] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()
        self._made = 0
        self._reset()

    def _reset(self) -> None:
        self.bytes = self.reads = self.closed = self.first = self.last = 0
        self.late = array("q")

    def open(self) -> None:
        """Connect all; what comes meanwhile is not counted."""
        while self._waiting or self._opening:
            while self._waiting and len(self._opening) < AT_ONCE:
                self._connect(*self._waiting.popleft())
            for handle, _ in self._epoll.poll():
                if handle in self._opening:
                    self._go_on(handle)
                else:
                    self._take(handle)
        self._reset()

    def _connect(self, request: bytes, silent: bool) -> None:
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((f"127.0.0.{2 + self._made // OF_ONE_ADDRESS}", 0))
        self._made += 1
        code = made.connect_ex(("127.0.0.1", self._port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
        self._sockets[made.fileno()] = made
        self._opening[made.fileno()] = (request, silent)
        self._epoll.register(made.fileno(), select.EPOLLOUT)

    def _go_on(self, handle: int) -> None:
        """The next step of a connection that is being opened: ask, then get the first bytes."""
        request, silent = self._opening[handle]
        if request:
            self._sockets[handle].sendall(request)
            self._epoll.modify(handle, select.EPOLLIN)
            self._opening[handle] = (b"", silent)
            if not silent:
                return
        else:
            self._take(handle)
        del self._opening[handle]

    def _take(self, handle: int) -> None:
        try:
            data = self._sockets[handle].recv(_READ)
        except ConnectionResetError:
            data = b""
        at = time.monotonic_ns()
        if not data:
            self._epoll.unregister(handle)
            self._sockets.pop(handle).close()
            self._opening.pop(handle, None)
            self.closed += 1
            return
        self.first, self.last = self.first or at, at
        self.reads += 1
        self.bytes += len(data)
        for sent in _SENT.findall(data):
            self.late.append(at - int(sent))

    def run(self) -> None:
        """Count until standard input ends."""
        self._epoll.register(0, select.EPOLLIN)
        while True:
            for handle, _ in self._epoll.poll():
                if handle != 0:
                    self._take(handle)
                    continue
                asked = os.read(0, 100)
                if not asked:
                    return
                whole = asked.startswith(b"reset")
                self._report(self._marks() if whole else {})
                if whole:
                    self._reset()

    def _report(self, marks: dict[str, float]) -> None:
        counted = {name: getattr(self, name) for name in ("bytes", "reads", "closed")}
        times = {"first": self.first, "last": self.last, "stamped": len(self.late)}
        told = {**counted, **times, "open": len(self._sockets), "late": marks}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()

    def _marks(self) -> dict[str, float]:
        late = sorted(self.late)
        return {
            f"p{percent}": late[round((len(late) - 1) * percent / 100)] / 1e6
            for percent in (50, 99, 100)
            if late
        }


def main() -> None:
    """Read what to ask, ask it, count."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asked = json.loads(Path(sys.argv[2]).read_text())
    requests = [
        (request.encode(), silent) for request, silent, times in asked for _ in range(times)
    ]
    reader = Reader(int(sys.argv[1]), requests)
    reader.open()
    sys.stdout.write("open\n")
    sys.stdout.flush()
    reader.run()


if __name__ == "__main__":
    main()
