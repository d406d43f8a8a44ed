"""docs/evidence.md: what it shows for verifying a bundle without Laneway does that."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from laneway.evidence.envelope import seal
from laneway.evidence.predicate import Predicate
from laneway.evidence.strict import encode
from laneway.evidence.verify import CHECKS
from tests.support.bundles import KEY, told_of
from tests.unit.evidence.test_tampering import played

PAGE = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
(UNPACK,) = re.findall(r"<<'EOF'\n(.*?)\nEOF\n", PAGE, flags=re.DOTALL)
(CHAIN,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
(OPENSSL,) = re.findall(r"^\$ (openssl pkeyutl .*)$", PAGE, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody has got a bundle and the public key, and nothing else."""
    (tmp_path / "server.pub").write_text(KEY.public.pem)
    (tmp_path / "bundle.json").write_bytes(seal(encode(told_of(played())), KEY))
    python(tmp_path, UNPACK, "bundle.json")
    return tmp_path


def python(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def openssl(folder: Path) -> str:
    asked = OPENSSL.split()
    done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def test_openssl_verifies_the_signature(folder: Path):
    assert openssl(folder) == "Signature Verified Successfully\n"
    signed = (folder / "signed").read_bytes()
    (folder / "signed").write_bytes(signed.replace(b"pass", b"fail", 1))
    assert "Failure" in openssl(folder)


def test_a_few_lines_verify_the_chain(folder: Path):
    head = told_of(played())["predicate"]["head"]["hash"]
    assert python(folder, CHAIN).stdout == f"the head is {head}\n"
    statement = folder / "statement.json"
    changed = statement.read_bytes().replace(b'"subject":"bob"', b'"subject":"eve"')
    statement.write_bytes(changed)
    assert "AssertionError: 8" in python(folder, CHAIN).stderr


def test_every_check_is_explained_and_every_field_is_told():
    for name, *_ in CHECKS:
        assert f"`{name}`" in PAGE, name
        assert f"  ✓ {name}" in PAGE, name
    for name in Predicate.__struct_fields__:
        assert f"`{name}`" in PAGE, name
