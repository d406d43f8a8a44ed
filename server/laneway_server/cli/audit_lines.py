"""An export of the audit log: a line of JSON for each entry, and one that says where it ends.

The last line is ``{"head": {"seq", "hash"}, "after": {"seq", "hash"}}``: the newest entry's place
and hash, and those of the entry that the export begins after (seq 0 for the log's beginning). With
it, what was cut off at either end shows too.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from laneway.core.audit import AuditEntry, AuditHead, from_wire, to_wire, verify
from laneway.core.chain import ChainBroken

PAGE = 500
"""Entries that are held in memory at once."""

Page = Callable[[int], Awaitable[Sequence[AuditEntry]]]
"""Gives the entries after a seq, in order, some at a time; none where there are no more."""


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    head: AuditHead
    after: AuditHead


class ExportBroken(Exception):
    """A file is no export, or is not whole; the message says where and how."""


# --- writing -------------------------------------------------------------------------------------


async def export(page: Page, after: AuditHead, since: str, write: Callable[[str], None]) -> Seal:
    """Write the entries behind one, and then the seal.

    Args:
        page: where they come from.
        after: the entry before the first.
        since: entries before this instant are passed over, until the first that is not: those
            behind it are all written, so that the chain is whole. Empty for all.
        write: takes a line.
    """
    begun = since == ""
    begin = last = after
    while entries := await page(last.seq):
        for entry in entries:
            begun = begun or entry.at >= since
            begin = begin if begun else head_of(entry)
            if begun:
                write(_line(to_wire(entry)))
        last = head_of(entries[-1])
    sealed = Seal(last, begin)
    write(_line(sealed))
    return sealed


def head_of(entry: AuditEntry) -> AuditHead:
    """An entry's place and hash."""
    return AuditHead(entry.seq, entry.hash)


def _line(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- verifying -----------------------------------------------------------------------------------


class Check:
    """Checks entries as they come, in order.

    Args:
        begin: the entry before the first.
        noted: an entry that was noted down at another time, and must be among them.

    Attributes:
        at: the newest entry that was checked.
    """

    def __init__(self, begin: AuditHead, noted: AuditHead | None) -> None:
        self.begin = begin
        self.at = begin
        self._noted = noted

    def take(self, entries: Sequence[AuditEntry]) -> None:
        """Check the next ones.

        Raises:
            ChainBroken: one was changed, removed or inserted; the message names the first.
        """
        self.at = verify(entries, self.at)
        noted = self._noted
        if noted is None:
            return
        for entry in entries:
            if entry.seq == noted.seq and entry.hash != noted.hash:
                raise ChainBroken(f"entry {noted.seq} is not the one that was noted down")

    def end(self) -> Seal:
        """What was checked, when there is no more.

        Raises:
            ChainBroken: what was noted down is not there.
        """
        noted = self._noted
        if noted is not None and not self.begin.seq < noted.seq <= self.at.seq:
            raise ChainBroken(f"entry {noted.seq} is missing: {self.at.seq} is the last")
        return Seal(self.at, self.begin)


async def verify_log(page: Page, noted: AuditHead | None = None) -> Seal:
    """Check a whole log.

    Raises:
        ChainBroken: see `Check`.
    """
    check = Check(AuditHead(), noted)
    while entries := await page(check.at.seq):
        check.take(entries)
    return check.end()


def verify_lines(lines: Iterable[str], noted: AuditHead | None = None) -> Seal:
    """Check an export.

    Raises:
        ExportBroken: it is none, or has no end.
        ChainBroken: see `Check`; or something is missing at its beginning or its end.
    """
    reading = _Reading(lines)
    check: Check | None = None
    while entries := list(islice(reading, PAGE)):
        first = entries[0]
        check = check or Check(AuditHead(first.seq - 1, first.prev_hash), noted)
        check.take(entries)
    if reading.seal is None:
        raise ExportBroken("it was cut off: its last line does not say where it ends")
    check = check or Check(reading.seal.after, noted)
    _hold(reading.seal, check)
    return check.end()


class _Reading:
    """The entries of an export; the seal is known at their end."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.seal: Seal | None = None
        self._entries = self._read(lines)

    def __iter__(self) -> Iterator[AuditEntry]:
        return self._entries

    def _read(self, lines: Iterable[str]) -> Iterator[AuditEntry]:
        for number, line in enumerate(lines, start=1):
            if self.seal is not None:
                raise ExportBroken(f"line {number} stands behind the line that says where it ends")
            read = _parsed(number, line)
            if isinstance(read, Seal):
                self.seal = read
            else:
                yield read


def _parsed(number: int, line: str) -> AuditEntry | Seal:
    try:
        document = msgspec.json.decode(line)
        if isinstance(document, dict) and "head" in document:
            return msgspec.convert(document, Seal)
        return from_wire(document)
    except msgspec.MsgspecError as error:
        raise ExportBroken(f"line {number} is no entry of an audit log: {error}") from error


def _hold(seal: Seal, check: Check) -> None:
    """Hold that entries begin and end where the last line says."""
    begin, at = check.begin, check.at
    if seal.after.seq < begin.seq:
        raise ChainBroken(f"entry {seal.after.seq + 1} is missing: found seq {begin.seq + 1}")
    if seal.after != begin:
        raise ChainBroken(f"entry {begin.seq + 1} does not follow from the entry before it")
    if seal.head.seq > at.seq:
        raise ChainBroken(f"entry {at.seq + 1} is missing: {seal.head.seq} was the last")
    if seal.head != at:
        raise ChainBroken(f"entry {at.seq} is not the one that the last line names")
