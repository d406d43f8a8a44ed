"""What people see on a terminal: drawn on a real one, and when Ctrl-C is pressed there."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections import deque
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from laneway_server.cli.live import LiveView
from laneway_server.cli.output import plain
from laneway_server.cli.phases import operation
from laneway_server.client.patience import Attempt
from laneway_server.client.problems import NoContact
from laneway_server.client.snapshots import snapshot
from tests.integration.cli.support import (
    ACCEPTED,
    NOON,
    OPERATION,
    OTHER,
    STARTED,
    Connection,
    Speaker,
    ended,
    events,
    fold,
    passes,
    speaking,
)

BEGUN = ("phase_started", "bootstrap", {"attempt": 2})
HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]all is well[/red]\r\n12:00:00 ✓ pass \u202e"
PROGRESS = ("phase_progressed", "bootstrap", {"attempt": 2, "message": HOSTILE})
RUNNING = events(ACCEPTED, STARTED, *passes("policy_proof"), BEGUN, PROGRESS)


def drawn(document: dict[str, Any], width: int = 100, **options: Any) -> str:
    console = Console(file=StringIO(), force_terminal=True, width=width, **options)
    view = LiveView(console, lambda: NOON + timedelta(seconds=10))
    with console.capture() as captured:
        view.changed(snapshot(document))
        console.print(view.render())
    return captured.get()


def test_hostile_words_stay_words():
    seen = drawn(fold(RUNNING), width=200, color_system=None)
    assert "\x1b" not in seen
    assert "\x07" not in seen
    assert "attempt 2 · ␛[2J␛]0;owned␇[red]all is well[/red] 12:00:00 ✓ pass" in seen
    assert sum("12:00:00" in line for line in seen.splitlines()) == 1


def test_columns_stand_where_they_stand_on_a_narrow_terminal_too():
    seen = drawn(fold(RUNNING), width=60, color_system=None).splitlines()
    (first,) = [line for line in seen if "Policy proof" in line]
    (second,) = [line for line in seen if "Bootstrap  " in line]
    assert first.index("pass") == second.index("running")
    assert first.index("1.0s") + 4 == second.index("6.0s") + 4
    assert second.rstrip().endswith("…")
    assert max(len(line) for line in seen) <= 60


def test_colours_are_left_out_where_they_are_not_wanted():
    with_colour = drawn(fold(RUNNING), color_system="standard")
    without = drawn(fold(RUNNING), color_system="standard", no_color=True)
    assert "\x1b[32m" in with_colour
    assert "\x1b[3" not in without


def test_an_operation_in_line_says_behind_which():
    waiting = {"kind": "lane", "phase": None, "until": None, "operation": OTHER, "position": 1}
    now = snapshot(fold(events(ACCEPTED)) | {"waiting_for": waiting})
    shown = plain(operation(now, NOON + timedelta(seconds=5)))
    assert "· pending, 5.0s so far" in shown
    assert f"waiting for its lane, number 1 in line, behind {OTHER}" in shown


def test_every_approval_that_is_missing_is_counted():
    asked = {"digest": "sha256:1", "covers": {}, "role": "owner", "quorum": 2}
    asked |= {"expires_at": "2026-01-31T13:00:00Z", "decisions": []}
    log = events(ACCEPTED, STARTED, ("approval_requested", "approval", asked))
    shown = plain(operation(snapshot(fold(log, ("approval",))), NOON))
    assert "Approval: needs the approval of 2 × owner" in shown
    assert f"laneway approve {OPERATION} --phase approval" in shown


def test_what_went_wrong_in_a_phase_is_said_in_full():
    long = "the site answered 500, " * 10
    failure = {"code": "unhealthy", "message": long}
    over = {"outcome": "fail", "status": "fail", "failure": failure}
    failed = ("phase_finished", "bootstrap", over)
    log = events(ACCEPTED, STARTED, BEGUN, failed, ended("fail", {"code": "f", "message": "m"}))
    shown = drawn(fold(log), width=400, color_system=None)
    assert f"Bootstrap: unhealthy: {long.strip()}" in shown
    assert f"laneway retry {OPERATION}" in shown


def test_an_absent_server_shows_only_when_it_stays_absent():
    console = Console(file=StringIO(), force_terminal=True, width=80, color_system=None)
    view = LiveView(console, lambda: NOON)
    view.changed(snapshot(fold(RUNNING)))

    def shown(attempt: Attempt | None) -> str:
        view.waiting(attempt)
        with console.capture() as captured:
            console.print(view.render())
        return captured.get()

    assert "asked again" not in shown(Attempt(NoContact("away"), 1.0, 1))
    assert "! away; it is asked again" in shown(Attempt(NoContact("away"), 1.0, 2))
    assert "asked again" not in shown(None)


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "laneway_server.cli", *arguments],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(follower)
        self.seen = ""

    def read_until(self, words: str) -> None:
        """Read what is drawn until some words are."""
        while words not in self.seen:
            chunk = os.read(self._leader, 65_536)
            self.seen += chunk.decode(errors="replace")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Read to the end, and return the exit code."""
        try:
            while chunk := os.read(self._leader, 65_536):
                self.seen += chunk.decode(errors="replace")
        except OSError:  # how a terminal says that nobody holds its other end any more
            pass
        os.close(self._leader)
        return self._process.wait()


def on_terminal(speaker: Speaker, *arguments: str, **environment: str) -> Terminal:
    return Terminal(*arguments, "--server", speaker.url, **environment)


async def test_a_terminal_shows_the_phases_as_they_pass():
    steps = deque([Connection(gives=4, then="close")])
    async with speaking(connections=steps) as speaker:
        terminal = on_terminal(speaker, "watch", OPERATION)
        code = await asyncio.to_thread(terminal.end)
    assert code == 0
    final = terminal.seen[terminal.seen.rindex("Odoo stable bootstrap") :]
    assert "Policy proof" in final
    assert "\x1b[32m✓ pass" in final
    assert "\x1b[?25h" in final, "the cursor is shown again"


async def test_no_color_is_respected_on_a_terminal():
    async with speaking() as speaker:
        terminal = on_terminal(speaker, "watch", OPERATION, NO_COLOR="1")
        code = await asyncio.to_thread(terminal.end)
    assert code == 0
    assert "✓ pass" in terminal.seen
    assert "\x1b[32m" not in terminal.seen


async def test_leaving_says_that_the_operation_goes_on():
    waits = deque(Connection(gives=3, then="hold") for _ in range(1))
    async with speaking(connections=waits) as speaker:
        terminal = on_terminal(speaker, "watch", OPERATION)
        await asyncio.to_thread(terminal.read_until, "Bootstrap")
        terminal.interrupt()
        code = await asyncio.to_thread(terminal.end)
    assert code == 130
    assert f"the operation goes on: laneway watch {OPERATION}" in terminal.seen
    assert {heard["call"].split()[0] for heard in speaker.heard} == {"GET"}


@pytest.mark.parametrize("arguments", [["--help"], ["submit", "--help"], ["serve", "--help"]])
def test_help_does_not_wait_for_what_it_does_not_need(arguments: list[str]):
    code = (
        "import sys\n"
        "from laneway_server.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiohttp', 'statemachine', 'laneway_server.bootstrap', 'aiosqlite'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert "Usage: " in ran.stdout
    assert ran.stdout.endswith("LOADED []\n")
