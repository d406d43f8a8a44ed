"""Command lines that are shown to people, to be copied as they are."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """How this program is called from here: ``laneway``, or the path that it was called by."""
    called = Path(sys.argv[0])
    found = shutil.which("laneway")
    if called.name != "laneway" or (found and Path(found).resolve() == called.resolve()):
        return "laneway"
    shorter = os.path.relpath(called)
    return shlex.quote(str(called) if shorter.startswith("..") else shorter)


def curl(url: str, *arguments: str) -> str:
    """A curl command line; arguments are quoted where a shell needs that."""
    return shlex.join(["curl", *arguments, url])
