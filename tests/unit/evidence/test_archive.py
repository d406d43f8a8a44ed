"""The archive: the same bytes each time; and reading one trusts nothing in it."""

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from laneway.core.digests import bytes_digest
from laneway.evidence import archive
from laneway.evidence.archive import NoBundle, file_name, opened, pack

LOG = b"a log\n" * 1_000
OTHER = b"another"
BYTES = {bytes_digest(each): each for each in (LOG, OTHER)}


def zipped(path: Path, files: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def test_it_holds_the_envelope_and_each_artifact_by_its_digest(tmp_path: Path):
    file = tmp_path / "bundle.zip"
    file.write_bytes(pack(b"{}", BYTES))
    with opened(file) as bundle:
        assert bundle.envelope == b"{}"
        assert bundle.artifacts is not None
        assert set(bundle.artifacts.entries) == set(BYTES)
        assert bundle.artifacts.strangers == ()
        for digest, content in BYTES.items():
            assert bundle.artifacts.matches(digest, len(content))
            assert not bundle.artifacts.matches(digest, len(content) - 1)
            assert not bundle.artifacts.matches(digest, len(content) + 1)


def test_the_same_bundle_is_always_the_same_file():
    turned = dict(reversed(BYTES.items()))
    assert pack(b"{}", BYTES) == pack(b"{}", turned)
    with zipfile.ZipFile(BytesIO(pack(b"{}", BYTES))) as made:
        infos = made.infolist()
    assert [info.filename for info in infos] == ["evidence.json", *map(file_name, sorted(BYTES))]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}


def test_a_file_that_is_no_archive_is_the_envelope_itself(tmp_path: Path):
    file = tmp_path / "bundle.json"
    file.write_bytes(b'{"payload": ""}')
    with opened(file) as bundle:
        assert (bundle.envelope, bundle.artifacts) == (b'{"payload": ""}', None)


def test_one_that_was_packed_again_and_smaller_is_read(tmp_path: Path):
    files = {"evidence.json": b"{}", file_name(bytes_digest(LOG)): LOG}
    file = zipped(tmp_path / "again.zip", files, zipfile.ZIP_DEFLATED)
    with opened(file) as bundle:
        assert bundle.artifacts is not None
        assert bundle.artifacts.matches(bytes_digest(LOG), len(LOG))


def test_names_are_never_paths(tmp_path: Path):
    """Nothing is written anywhere: a name that is not an artifact's is a stranger's."""
    names = ("../../escape", "/etc/passwd", "artifacts/sha256-abc", "artifacts/../evidence.json")
    file = zipped(tmp_path / "b.zip", {"evidence.json": b"{}", **dict.fromkeys(names, b"x")})
    with opened(file) as bundle:
        assert bundle.artifacts is not None
        assert bundle.artifacts.strangers == names
        assert bundle.artifacts.entries == {}
    assert [each.name for each in tmp_path.iterdir()] == ["b.zip"]


def test_a_bomb_is_not_unpacked_further_than_it_was_said_to_be_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bomb = bytes(50 * 1024 * 1024)
    files = {"evidence.json": b"{}", file_name(bytes_digest(bomb)): bomb}
    file = zipped(tmp_path / "bomb.zip", files, zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 100_000
    taken: list[int] = []
    read = zipfile.ZipExtFile.read

    def counting(self: zipfile.ZipExtFile, n: int | None = -1) -> bytes:
        content = read(self, n)
        taken.append(len(content))
        return content

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counting)
    with opened(file) as bundle:
        assert bundle.artifacts is not None
        assert not bundle.artifacts.matches(bytes_digest(bomb), 10)
    assert sum(taken) < 100


def test_an_envelope_that_no_bundle_has_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive, "LARGEST_EVIDENCE", 1_000)
    large = bytes(1_001)
    alone = tmp_path / "large.json"
    alone.write_bytes(large)
    packed = zipped(tmp_path / "large.zip", {"evidence.json": large}, zipfile.ZIP_DEFLATED)
    for file in (alone, packed):
        with pytest.raises(NoBundle, match="more than 1000 bytes"), opened(file):
            pass


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"other.json": b"{}"}, "holds no evidence.json"),
        ({"evidence.json": b"{}", **{f"{n}": b"" for n in range(10_001)}}, "holds 10002 files"),
    ],
)
def test_an_archive_of_something_else(files: dict[str, bytes], message: str, tmp_path: Path):
    file = zipped(tmp_path / "other.zip", files)
    with pytest.raises(NoBundle, match=message), opened(file):
        pass


def test_a_name_that_is_there_twice(tmp_path: Path):
    file = tmp_path / "twice.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("evidence.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("evidence.json", b"[]")
    with pytest.raises(NoBundle, match=r"holds 'evidence.json' twice"), opened(file):
        pass


def test_a_damaged_archive(tmp_path: Path):
    whole = pack(b"{}", BYTES)
    file = tmp_path / "damaged.zip"
    for cut in (5, 40, len(whole) // 2, len(whole) - 5):
        file.write_bytes(whole[:cut])
        with pytest.raises(NoBundle, match="is a broken archive"), opened(file):
            pass
    # The first local header says another length than the directory at the end.
    file.write_bytes(whole[:26] + struct.pack("<H", 60_000) + whole[28:])
    with pytest.raises(NoBundle, match="is a broken archive"), opened(file):
        pass


def test_a_file_that_is_not_there_is_the_callers_mistake(tmp_path: Path):
    with pytest.raises(FileNotFoundError), opened(tmp_path / "none"):
        pass
