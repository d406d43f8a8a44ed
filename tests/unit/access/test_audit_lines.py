"""An export of the audit log verifies as it was written, and in no other way."""

import msgspec
import pytest

from laneway.core.audit import AuditEntry, AuditHead, AuditNote, seal
from laneway.core.chain import ChainBroken
from laneway.core.events import Actor
from laneway.core.instants import later
from laneway.testing.clock import START
from laneway_server.cli import audit_lines
from laneway_server.cli.audit_lines import ExportBroken, export, verify_lines, verify_log


def entries_of(count: int) -> list[AuditEntry]:
    head, entries = AuditHead(), []
    for number in range(count):
        note = AuditNote(
            at=later(START, number * 1_000),
            actor=Actor("caller", "ada"),
            act="freezeLane",
            allowed=True,
            detail={"reason": f"reason {number}"},
        )
        entries.append(seal(note, head))
        head = AuditHead(entries[-1].seq, entries[-1].hash)
    return entries


ENTRIES = entries_of(5)


def log_of(entries: list[AuditEntry], most: int = 2):
    """A log that gives a few entries at a time."""

    async def page(after: int) -> list[AuditEntry]:
        return [entry for entry in entries if entry.seq > after][:most]

    return page


async def exported(after: int = 0, since: str = "", entries=ENTRIES) -> list[str]:
    lines: list[str] = []
    begin = AuditHead(after, ENTRIES[after - 1].hash) if after else AuditHead()
    await export(log_of(entries), begin, since, lines.append)
    return lines


async def test_every_entry_is_a_line_and_the_last_line_says_where_it_ends():
    lines = [msgspec.json.decode(line) for line in await exported()]
    assert [line.get("seq") for line in lines] == [1, 2, 3, 4, 5, None]
    assert lines[-1] == {
        "head": {"seq": 5, "hash": ENTRIES[4].hash},
        "after": {"seq": 0, "hash": "0" * 64},
    }
    assert next(iter(lines[0])) == "seq"


@pytest.mark.parametrize("after", [0, 1, 3, 5])
async def test_an_export_verifies_from_wherever_it_begins(after: int):
    found = verify_lines(await exported(after))
    assert (found.after.seq, found.head) == (after, AuditHead(5, ENTRIES[4].hash))


async def test_an_export_since_a_time_is_whole_from_there_on():
    found = verify_lines(await exported(since=later(START, 1_500)))
    assert (found.after, found.head.seq) == (AuditHead(2, ENTRIES[1].hash), 5)
    everything = verify_lines(await exported(since=START))
    assert everything.after == AuditHead()
    nothing = verify_lines(await exported(since=later(START, 99_000)))
    assert nothing.head == nothing.after == AuditHead(5, ENTRIES[4].hash)


async def test_an_entry_from_before_a_clock_was_set_back_does_not_break_the_chain():
    head, entries = AuditHead(), []
    for number in (0, 5, 1, 6):
        note = msgspec.structs.replace(ENTRIES[0], at=later(START, number * 1_000))
        fields = {name: getattr(note, name) for name in AuditNote.__struct_fields__}
        entries.append(seal(AuditNote(**fields), head))
        head = AuditHead(entries[-1].seq, entries[-1].hash)
    found = verify_lines(await exported(since=later(START, 4_000), entries=entries))
    assert (found.after.seq, found.head.seq) == (1, 4)


async def test_an_empty_log_is_exported_and_verified():
    lines = await exported(entries=[])
    assert len(lines) == 1
    assert verify_lines(lines).head == AuditHead()


def changed(line: str, **fields: object) -> str:
    return msgspec.json.encode(msgspec.json.decode(line) | fields).decode()


async def test_the_first_entry_that_was_changed_is_named():
    whole = await exported()
    for place in range(5):
        lines = [*whole]
        for later_one in range(place, 5):
            lines[later_one] = changed(lines[later_one], act="unfreezeLane")
        with pytest.raises(ChainBroken, match=f"entry {place + 1} was changed"):
            verify_lines(lines)


async def test_the_first_entry_that_was_removed_is_named():
    whole = await exported()
    for place in range(5):
        with pytest.raises(ChainBroken, match=f"entry {place + 1} is missing"):
            verify_lines(whole[:place] + whole[place + 1 :])


async def test_what_was_inserted_is_named():
    whole = await exported()
    forged = changed(whole[2], act="unfreezeLane")
    with pytest.raises(ChainBroken, match=r"entry 3 was changed"):
        verify_lines([*whole[:2], forged, *whole[2:]])
    with pytest.raises(ChainBroken, match=r"entry 4 is missing: found seq 3"):
        verify_lines([*whole[:3], whole[2], *whole[3:]])


async def test_what_was_written_again_from_an_entry_on_shows_by_the_last_line():
    """Somebody who can compute hashes: the entry is changed, and all behind it are made anew."""
    forged = [*ENTRIES[:2]]
    for old in ENTRIES[2:]:
        fields = {name: getattr(old, name) for name in AuditNote.__struct_fields__}
        head = AuditHead(forged[-1].seq, forged[-1].hash)
        forged.append(seal(AuditNote(**fields | {"allowed": False}), head))
    lines = [*await exported(entries=forged)]
    lines[-1] = (await exported())[-1]
    with pytest.raises(ChainBroken, match="entry 5 is not the one that the last line names"):
        verify_lines(lines)
    noted = AuditHead(4, ENTRIES[3].hash)
    with pytest.raises(ChainBroken, match="entry 4 is not the one that was noted down"):
        verify_lines(await exported(entries=forged), noted)
    assert verify_lines(await exported(), noted).head.seq == 5


async def test_what_was_cut_off_shows():
    whole = await exported(1)
    with pytest.raises(ExportBroken, match="it was cut off"):
        verify_lines(whole[:-1])
    with pytest.raises(ChainBroken, match="entry 5 is missing: 5 was the last"):
        verify_lines([*whole[:-2], whole[-1]])
    with pytest.raises(ChainBroken, match="entry 2 is missing: found seq 3"):
        verify_lines(whole[1:])
    with pytest.raises(ChainBroken, match="entry 2 is missing: 5 was the last"):
        verify_lines(whole[-1:])
    with pytest.raises(ExportBroken, match="cut off"):
        verify_lines([])


async def test_what_is_no_line_of_an_export_is_named():
    whole = await exported()
    for wrong in ("{", "[]", "1", "", changed(whole[1], forged=True), '{"head": 1}'):
        with pytest.raises(ExportBroken, match="line 2 is no entry"):
            verify_lines([whole[0], wrong, *whole[1:]])
    with pytest.raises(ExportBroken, match="line 7 stands behind the line"):
        verify_lines([*whole, whole[0]])


async def test_a_log_is_verified_whole(monkeypatch: pytest.MonkeyPatch):
    assert (await verify_log(log_of(ENTRIES))).head.seq == 5
    cut = log_of(ENTRIES[:3])
    assert (await verify_log(cut)).head.seq == 3
    with pytest.raises(ChainBroken, match="entry 5 is missing: 3 is the last"):
        await verify_log(cut, AuditHead(5, ENTRIES[4].hash))
    with pytest.raises(ChainBroken, match="entry 3 is missing"):
        await verify_log(log_of([*ENTRIES[:2], *ENTRIES[3:]]))


@pytest.mark.parametrize("page", [1, 2, 5, 6])
async def test_the_size_of_a_page_makes_no_difference(monkeypatch: pytest.MonkeyPatch, page: int):
    monkeypatch.setattr(audit_lines, "PAGE", page)
    whole = await exported()
    assert verify_lines(whole).head.seq == 5
    with pytest.raises(ChainBroken, match="entry 4 is missing"):
        verify_lines([*whole[:3], *whole[4:]])
