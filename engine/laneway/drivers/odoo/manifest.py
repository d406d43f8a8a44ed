"""What the log of a backup tells of it: see ``works.BACKUP``."""

import re

import msgspec

from laneway.drivers.odoo.works import MANIFEST

_FILE = re.compile(rf"{MANIFEST} (database\.dump|filestore\.tar) ([0-9]+) ([0-9a-f]{{64}})")
_COMPLETE = re.compile(rf"{MANIFEST} ([A-Za-z0-9_]+) of (\S+) from (\S+) is complete")


class BackupFile(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two files of a backup."""

    file: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was complete when its script ended.

    Attributes:
        backup: its name, which is the marker of the attempt that took it.
        artifact_id: what was deployed then; its data belongs to that code.
    """

    backup: str
    artifact_id: str
    source_git_ref: str
    files: list[BackupFile]


def read_manifest(log: str) -> Manifest | None:
    """The last backup that a log tells of; None where none is complete, with both its files."""
    files: dict[str, BackupFile] = {}
    found: Manifest | None = None
    for line in map(str.strip, log.splitlines()):
        if told := _FILE.fullmatch(line):
            files[told[1]] = BackupFile(file=told[1], bytes=int(told[2]), sha256=told[3])
        elif (told := _COMPLETE.fullmatch(line)) and len(files) == 2:
            found = Manifest(
                backup=told[1],
                artifact_id=told[2],
                source_git_ref=told[3],
                files=list(files.values()),
            )
    return found
