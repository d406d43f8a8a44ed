"""The comparison with other engines, which the tests do not install."""

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks.frame.running import Options
from tests.benchmarks.peers import bench_peers
from tests.benchmarks.peers.bench_peers import Left, Peer, _peer, _ran, run


async def test_what_is_not_installed_is_left_out_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(bench_peers, "ENVIRONMENT", tmp_path / "nowhere")
    found = await run(Options(quick=True, folder=tmp_path, kept=tmp_path, rounds=1))
    assert {each.name for each in found} == {"Laneway, over HTTP", "Laneway, by its API"}
    said = capsys.readouterr().out
    assert [f"left out: {peer.name}: make bench-peers" in said for peer in bench_peers.PEERS] == [
        True
    ] * len(bench_peers.PEERS)


async def test_a_program_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    monkeypatch.setattr(bench_peers, "ENVIRONMENT", tmp_path)
    options = Options(quick=True, folder=tmp_path, kept=tmp_path, rounds=1)
    with pytest.raises(Left, match="temporal is not installed"):
        await _peer(
            options, tmp_path, peer=Peer("Temporal", "temporal", 1, needs=("bin/temporal",))
        )


async def test_what_a_peer_finds_is_its_last_word(tmp_path: Path):
    figures = {"version": "1", "rate": 5.0, "submit_p50": 1, "submit_p99": 2, "alone_p50": 3}
    code = f"print('a log line'); print({json.dumps(figures)!r})"
    found = await _ran_code(tmp_path, code)
    assert (found.version, found.rate) == ("1", 5.0)


async def test_why_a_peer_did_not_work_is_told(tmp_path: Path):
    with pytest.raises(Left, match="ModuleNotFoundError: No module named 'restate_x'"):
        await _ran_code(tmp_path, "import restate_x")


async def _ran_code(folder: Path, code: str) -> bench_peers.Figures:
    """Run a module that stands for a peer's."""
    package = folder / "stand_in"
    package.mkdir()
    (package / "__main__.py").write_text(code)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\ncd {folder}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return await _ran(python, "stand_in", str(folder), "1", [])


def test_the_lock_names_no_host():
    folder = Path(bench_peers.__file__).parent
    assert "://" not in (folder / "requirements.txt").read_text()
    assert '"resolved"' not in (folder / "package-lock.json").read_text()
