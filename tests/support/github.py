"""GitHub, as far as a workflow needs it: a runner (act, without Docker), and identity tokens."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from tests.support.issuer import GITHUB_CLAIMS, Issuer

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
UPLOAD = ROOT / "tests" / "data" / "github" / "upload-artifact"
REQUEST_TOKEN = "what the runner gives to the job"
REPOSITORY = str(GITHUB_CLAIMS["repository"])


class GithubTokens:
    """The endpoint that gives a running workflow its identity tokens.

    Args:
        issuer: signs them.
        audience: the only one that it is asked for.

    Attributes:
        minted: the tokens that it gave.
        refuses: how many of the next requests it answers with 503.
    """

    def __init__(self, issuer: Issuer, audience: str = "laneway") -> None:
        self._issuer = issuer
        self._audience = audience
        self.minted: list[str] = []
        self.refuses = 0
        self.url = ""

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["GithubTokens"]:
        """It answers, on loopback."""
        app = web.Application()
        app.router.add_get("/token", self._token)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token?api-version=2.0"
            yield self
        finally:
            await runner.cleanup()

    @property
    def variables(self) -> dict[str, str]:
        """What a job with ``id-token: write`` finds in its environment."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": self.url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        }

    async def _token(self, request: web.Request) -> web.Response:
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=503)
        if request.headers.get("Authorization") != f"bearer {REQUEST_TOKEN}":
            return web.Response(status=401)
        if request.query.get("audience") != self._audience or "api-version" not in request.query:
            return web.Response(status=400)
        self.minted.append(self._issuer.github(aud=self._audience))
        return web.json_response({"count": len(self.minted), "value": self.minted[-1]})


class Finished(NamedTuple):
    """How a workflow's run ended.

    Attributes:
        artifacts: every artifact of the repository, by name: its files, by name.
    """

    passed: bool
    log: str
    artifacts: dict[str, dict[str, str]]


class Runner:
    """Runs the repository's workflows, each from a copy of what is committed of `.github`.

    Args:
        folder: for the copy, the caches and the artifacts.
        variables: of the repository (``vars``).
        environ: of every step.
    """

    def __init__(self, folder: Path, variables: dict[str, str], environ: dict[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._environ = environ
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir()
        self._copy = folder / "repository"
        shutil.copytree(ROOT / ".github", self._copy / ".github")
        _commit(self._copy)

    @contextlib.asynccontextmanager
    async def running(
        self, workflow: str, inputs: dict[str, Any], attempt: int = 1, run: str = "1001"
    ) -> AsyncIterator["Run"]:
        """A run of a workflow that goes on in the meantime; it is killed at the end."""
        file = f".github/workflows/{workflow}"
        process = await asyncio.create_subprocess_exec(
            *self._command(file, inputs, attempt, run),
            cwd=self._copy,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._around,
            start_new_session=True,
        )
        try:
            yield Run(process, self.artifacts)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    async def run(
        self, workflow: str, inputs: dict[str, Any], attempt: int = 1, run: str = "1001"
    ) -> Finished:
        """Run a workflow to its end."""
        async with self.running(workflow, inputs, attempt, run) as running:
            return await running.end()

    @property
    def _around(self) -> dict[str, str]:
        home = str(self._folder / "home")
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_CACHE_HOME": f"{home}/.cache"}

    def _command(self, file: str, inputs: dict[str, Any], attempt: int, run: str) -> list[str]:
        environ = {
            **self._environ,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": run,
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/{file}@refs/heads/main",
            "TEST_ARTIFACTS": str(self.artifacts),
        }
        given = {name: _text(value) for name, value in inputs.items()}
        # act leaves actions/checkout out by itself: the copy is the checkout.
        return [
            str(BIN / "act"),
            "workflow_dispatch",
            "--platform=ubuntu-latest=-self-hosted",
            "--no-cache-server",
            f"--workflows={file}",
            *(f"--local-repository={used}={UPLOAD}" for used in _uploads(self._copy / file)),
            *(f"--var={name}={value}" for name, value in self._variables.items()),
            *(f"--env={name}={value}" for name, value in environ.items()),
            *(f"--input={name}={value}" for name, value in given.items()),
        ]


class Run:
    """A run of a workflow, under way."""

    def __init__(self, process: asyncio.subprocess.Process, artifacts: Path) -> None:
        self._process = process
        self._artifacts = artifacts
        self._lines: list[str] = []

    async def until(self, holds: Callable[[str], bool]) -> str:
        """The first line of the log from here on for which something holds."""
        async for line in self._log():
            if holds(line):
                return line
        raise AssertionError("the run ended before that:\n" + "".join(self._lines))

    def cancel(self) -> None:
        """Cancel it, as a person does on the run's page."""
        self._process.send_signal(signal.SIGINT)

    async def end(self) -> Finished:
        """Wait for its end."""
        async for _ in self._log():
            pass
        code = await self._process.wait()
        found = {folder.name: _files(folder) for folder in self._artifacts.iterdir()}
        return Finished(code == 0, "".join(self._lines), found)

    async def _log(self) -> AsyncIterator[str]:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            self._lines.append(raw.decode("utf-8", "replace"))
            yield self._lines[-1]


def _uploads(workflow: Path) -> Iterator[str]:
    return iter(set(re.findall(r"uses: (actions/upload-artifact@[0-9a-f]{40})", _read(workflow))))


def _commit(folder: Path) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "copy")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def _files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): _read(file) for file in folder.rglob("*.*")}


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
