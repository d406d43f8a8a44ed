"""A PostgreSQL of its own, in a folder, by the binaries that are on the machine; fsync is on."""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import kept_port

SETTINGS = "-c fsync=on -c synchronous_commit=on -c shared_buffers=256MB -c max_connections=200"


def binaries() -> Path | None:
    """Where they are: on the path, or where Debian puts them; the newest."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


@contextlib.contextmanager
def postgres(folder: Path, bin_folder: Path) -> Iterator[str]:
    """A server that answers; gives the URL of its database."""
    user, data = _user(), folder / "postgres"
    data.mkdir()
    _let_through(data, user)
    with kept_port() as kept:
        port = int(kept.getsockname()[1])
    options = (
        f"{SETTINGS} -c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={data}"
    )

    def run(*words: str) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run(words, check=True, user=user, cwd=data, stdout=quiet, stderr=quiet)

    control = str(bin_folder / "pg_ctl")
    run(str(bin_folder / "initdb"), "-D", f"{data}/data", "-U", "peer", "-A", "trust")
    run(control, "-D", f"{data}/data", "-l", f"{data}/log", "-o", options, "-w", "start")
    try:
        yield f"postgresql://peer@127.0.0.1:{port}/postgres"
    finally:
        run(control, "-D", f"{data}/data", "-m", "immediate", "stop")


def _user() -> str | None:
    """Whom it runs as: it refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _let_through(folder: Path, user: str | None) -> None:
    if user is None:
        return
    shutil.chown(folder, user)
    for above in folder.parents:
        if above.owner() == "root" and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)  # may be gone through, and not be read
