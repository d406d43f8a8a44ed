"""What the command's exit codes mean, and how a command ends with one."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command; scripts rely on them.

    ``submit --wait`` and ``watch`` end with the operation's status. Commands that only ask or tell
    end with ``PASS`` when they were answered, and with ``FAIL`` when the server would not.
    """

    PASS = 0
    FAIL = 1
    USAGE = 2
    REFUSED = 3
    CANCELLED = 4
    RECONCILIATION_REQUIRED = 5
    LOST_CONTACT = 6
    REJECTED = 7
    INTERRUPTED = 130


_OF_STATUS = {
    "pass": Exit.PASS,
    "fail": Exit.FAIL,
    "refused": Exit.REFUSED,
    "cancelled": Exit.CANCELLED,
    "reconciliation_required": Exit.RECONCILIATION_REQUIRED,
}


def exit_of(status: str) -> Exit | None:
    """The exit code that an operation's status gives; None for one that is not to be left yet."""
    return _OF_STATUS.get(status)


class UsageError(Exception):
    """The command line asks for what cannot be; the message says what to write instead."""
