"""The page's files, as they are in the checkout."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

UI = Path(__file__).parents[2] / "server" / "laneway_server" / "ui"
NODE = Path(sys.executable).with_name("node")
CHECK = Path(__file__).parents[1] / "node" / "check_modules.mjs"

SCRIPTS = sorted(UI.rglob("*.js"))
STYLES = sorted(UI.rglob("*.css"))
INDEX = UI / "index.html"

_STATIC = re.compile(r"""(?:^|\s)(?:import|from)\s*["']([^"']+)["']""", re.M)
_DYNAMIC = re.compile(r"""\bimport\(\s*["']([^"']+)["']\s*\)""")


def name(file: Path) -> str:
    """A file's name within the page."""
    return file.relative_to(UI).as_posix()


@cache
def compiled() -> dict[str, Any]:
    """What Node.js says of each module: its ``problem``, or None, and its ``imports``."""
    flags = ("--no-warnings", "--experimental-vm-modules")
    said = subprocess.run([NODE, *flags, CHECK, UI], capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(said.stdout)
    return report


def imported(file: Path) -> set[Path]:
    """The modules that a module names, at its beginning or when it comes to need them."""
    text = file.read_text(encoding="utf-8")
    found = {*_STATIC.findall(text), *_DYNAMIC.findall(text)}
    return {(file.parent / each).resolve() for each in found}


@cache
def reached() -> set[Path]:
    """The modules that a browser can come to load, from those that index.html names."""
    begin = re.findall(r'<script[^>]*\ssrc="/ui/([^"]+)"', INDEX.read_text(encoding="utf-8"))
    waiting, seen = [UI / each for each in begin], set[Path]()
    while waiting:
        file = waiting.pop()
        if file not in seen and file.exists():
            seen.add(file)
            waiting += imported(file)
    return seen
