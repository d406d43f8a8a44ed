"""The scripts, executed by a real bash against a `docker` that acts on folders."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from laneway.drivers.dokploy.prove_again import marker
from laneway.drivers.dokploy.statements import Statement, Wording
from laneway.drivers.odoo.scripts import ScriptSpec, build
from laneway.drivers.odoo.works import WORKFLOW

DOCKER = """\
#!/bin/bash
# Containers are called after their services; what runs "in" one runs right here.
echo "$*" >>"$WORLD/calls"
case "$1" in
  ps) for word in "$@"; do
        case "$word" in *compose.service=*) service=${word##*=} ;; esac
      done
      [ -e "$WORLD/$service" ] && echo "$service" ;;
  inspect) cat "$WORLD/${@: -1}" ;;
  start) [ ! -e "$WORLD/broken" ] && echo true >"$WORLD/$2" ;;
  stop) echo false >"$WORLD/$2" ;;
  exec) shift
    while [ "${1#-}" != "$1" ]; do shift 2; done
    shift
    case "$1" in
      printenv) [ -e "$WORLD/database-name" ] && cat "$WORLD/database-name" ;;
      python3) echo "$*" >>"$WORLD/worked"; sh "$WORLD/work" ;;
      *) "${@//\\/volumes\\/data/$WORLD/data}" ;;
    esac ;;
esac
"""


class Host:
    """A folder in place of the compose's host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        binary = folder / "bin" / "docker"
        binary.parent.mkdir()
        (folder / "data").mkdir()
        binary.write_text(DOCKER)
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        for service in ("web", "database", "script-runner"):
            (folder / service).write_text("true\n")
        (folder / "work").write_text("echo working\n")

    async def run(self, script: str) -> tuple[int, str]:
        place = self.folder / f"script-{len(list(self.folder.iterdir()))}.sh"
        place.write_text(script)
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        process = await asyncio.create_subprocess_exec(
            "bash",
            str(place),
            env={"PATH": path, "WORLD": str(self.folder)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    @property
    def worked(self) -> list[str]:
        file = self.folder / "worked"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


WORDING = Wording(kind="bootstrap", database="cm_testing", marker="op_A_bootstrap_1")


def script(wording: Wording = WORDING, argument: str = "--bootstrap") -> str:
    spec = ScriptSpec(
        wording=wording,
        project="compose-cm-testing",
        work=WORKFLOW,
        values={"argument": argument},
    )
    return build(spec)


async def test_the_work_is_done_with_web_stopped_and_started_around_it(host: Host):
    (host.folder / "work").write_text(f"cat {host.folder}/web\n")
    code, output = await host.run(script())
    assert (code, WORDING.read(output)) == (0, Statement.SUCCEEDED)
    assert "false" in output.splitlines(), "web was stopped while it worked"
    assert (host.folder / "web").read_text() == "true\n"
    assert host.worked == ["python3 -u /volumes/scripts/run_odoo_data_workflows.py --bootstrap"]


async def test_a_web_container_that_was_stopped_stays_stopped(host: Host):
    (host.folder / "web").write_text("false\n")
    assert (await host.run(script()))[0] == 0
    assert (host.folder / "web").read_text() == "false\n"


async def test_a_second_delivery_works_nothing_and_ends_as_the_first(host: Host):
    assert (await host.run(script()))[0] == 0
    code, output = await host.run(script())
    assert (code, output.strip()) == (0, WORDING.succeeded_before)
    assert WORDING.read(output) is Statement.SUCCEEDED
    assert len(host.worked) == 1


async def test_a_second_delivery_of_work_that_failed_fails_too(host: Host):
    (host.folder / "work").write_text("exit 3\n")
    code, output = await host.run(script())
    assert (code, WORDING.read(output)) == (3, Statement.FAILED)
    assert (host.folder / "web").read_text() == "true\n"
    code, output = await host.run(script())
    assert (code, output.strip()) == (3, WORDING.failed_before)
    assert WORDING.read(output) is Statement.FAILED
    assert len(host.worked) == 1


async def test_a_delivery_beside_a_run_is_held_back(host: Host):
    (host.folder / "data" / ".laneway" / WORDING.marker).mkdir(parents=True)
    code, output = await host.run(script())
    assert (code, WORDING.read(output)) == (75, Statement.ELSEWHERE)
    assert host.worked == []


async def test_of_many_deliveries_at_once_one_works(host: Host):
    results = await asyncio.gather(*(host.run(script()) for _ in range(6)))
    assert len(host.worked) == 1
    assert {code for code, _ in results} <= {0, 75}
    assert 0 in {code for code, _ in results}


async def test_another_marker_is_other_work(host: Host):
    other = Wording(kind="update", database="cm_testing", marker="op_A_post_deploy_1")
    assert (await host.run(script()))[0] == 0
    code, output = await host.run(script(other, "--update-only"))
    assert (code, other.read(output)) == (0, Statement.SUCCEEDED)
    assert host.worked[-1].endswith("--update-only")


@pytest.mark.parametrize("missing", ["script-runner", "database-name", "broken"])
async def test_a_host_that_is_not_as_expected_is_left_alone(host: Host, missing: str):
    if missing == "script-runner":
        (host.folder / missing).unlink()
    else:
        (host.folder / missing).write_text("another_database\n")
    code, output = await host.run(script())
    assert (code, WORDING.read(output)) == (1, Statement.FAILED)
    assert host.worked == []
    assert not (host.folder / "data" / ".laneway").exists()


async def test_what_comes_from_records_cannot_leave_its_quotes(host: Host):
    hostile = Wording(kind="bootstrap", database="x'; touch $WORLD/owned; '", marker="op_B")
    spec = ScriptSpec(
        wording=hostile,
        project="$(touch $WORLD/owned)",
        work=WORKFLOW,
        values={"argument": "$(touch $WORLD/owned)"},
    )
    text = build(spec)
    code, output = await host.run(text)
    assert (code, hostile.read(output)) == (0, Statement.SUCCEEDED)
    assert not (host.folder / "owned").exists()


def test_a_token_that_is_no_word_is_named_by_its_digest():
    assert marker("op_01_bootstrap_1") == "op_01_bootstrap_1"
    odd = marker("op-01/bootstrap;1")
    assert odd.startswith("t_")
    assert odd != marker("op-01/bootstrap;2")


def test_a_log_is_read_by_its_last_statement():
    lines = [WORDING.failed, "noise", WORDING.succeeded, "✅ Command executed successfully"]
    assert WORDING.read("\n".join(lines)) is Statement.SUCCEEDED
    assert WORDING.read("odoo: bootstrap of cm_other finished") is None
    assert WORDING.read("laneway-guard: op_OTHER was executed already") is None
    assert WORDING.read(f"{WORDING.failed} (exit code 3)\n") is Statement.FAILED
    assert WORDING.read("") is None
