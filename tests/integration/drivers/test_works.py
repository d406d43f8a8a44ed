"""The scripts of backups and restores, executed by a real bash against a `docker` on folders.

PostgreSQL's tools are stand-ins: a database is a file, and a dump is a copy of it.
"""

import stat
from pathlib import Path

import pytest

from laneway.drivers.dokploy.statements import Statement, Wording
from laneway.drivers.odoo.manifest import read_manifest
from laneway.drivers.odoo.scripts import ScriptSpec, build
from laneway.drivers.odoo.works import BACKUP, RESTORE
from tests.integration.drivers.test_scripts import Host

DATABASE, TAKEN = "cm_prod", "op_A_backup_1"

TOOLS = {
    "pg_dump": """\
while [ $# -gt 1 ]; do shift; done
[ ! -e "$WORLD/no-dump" ] || { head -c 3 "$WORLD/db/$1"; exit 1; }
cat "$WORLD/db/$1"
""",
    "pg_restore": """\
while [ $# -gt 0 ]; do
  case "$1" in -d) into=$2 ;; esac
  shift
done
content=$(cat)
case "$content" in *whole) ;; *) echo "the archive is damaged" >&2; exit 1 ;; esac
[ ! -e "$WORLD/no-restore" ] || exit 1
[ -z "${into:-}" ] || echo "$content" >"$WORLD/db/$into"
""",
    "psql": """\
for word in "$@"; do
  case "$word" in name=*|spare=*|gone=*) eval "${word%%=*}=\\${word#*=}" ;; esac
done
while read -r line; do
  case "$line" in
    *'create database :"spare"'*) touch "$WORLD/db/$spare" ;;
    *'rename to :"gone"'*) mv "$WORLD/db/$name" "$WORLD/db/$gone" || exit 3 ;;
    *'rename to :"name"'*) mv "$WORLD/db/$spare" "$WORLD/db/$name" || exit 3 ;;
    *'drop database :"gone"'*) rm "$WORLD/db/$gone" || exit 3 ;;
  esac
done
""",
}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    made = Host(tmp_path)
    docker = tmp_path / "bin" / "docker"
    # `-i` takes no value; the other options of these scripts do.
    docker.write_text(
        docker.read_text().replace(
            'while [ "${1#-}" != "$1" ]; do shift 2; done',
            'while [ "${1#-}" != "$1" ]; do [ "$1" = -i ] || shift; shift; done',
        )
    )
    for name, text in TOOLS.items():
        tool = tmp_path / "bin" / name
        tool.write_text("#!/bin/bash\n" + text)
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "db").mkdir()
    write(made, "before", "picture")
    return made


def write(host: Host, content: str, *files: str) -> None:
    (host.folder / "db" / DATABASE).write_text(f"{content}, whole\n")
    store = host.folder / "data" / "filestore" / DATABASE / "ab"
    store.mkdir(parents=True, exist_ok=True)
    for file in files:
        (store / file).write_text(file)


def seen(host: Host) -> tuple[str, list[str]]:
    """What the database holds, and the names of the files in its filestore."""
    store = host.folder / "data" / "filestore"
    names = sorted(str(f.relative_to(store)) for f in store.rglob("*") if f.is_file())
    return (host.folder / "db" / DATABASE).read_text(), names


def backup(marker: str = TAKEN) -> tuple[str, Wording]:
    wording = Wording(kind="backup", database=DATABASE, marker=marker)
    values = {"artifact_id": "reg/odoo@sha256:5c", "source_git_ref": "abc"}
    spec = ScriptSpec(wording=wording, project="compose-cm-prod", work=BACKUP, values=values)
    return build(spec), wording


def restore(of: str = TAKEN, marker: str = "op_A_restore_1") -> tuple[str, Wording]:
    wording = Wording(kind="restore", database=DATABASE, marker=marker)
    values = {"backup": of}
    spec = ScriptSpec(wording=wording, project="compose-cm-prod", work=RESTORE, values=values)
    return build(spec), wording


async def test_what_was_backed_up_comes_back_whatever_happened_since(host: Host):
    before = seen(host)
    script, wording = backup()
    code, output = await host.run(script)
    assert (code, wording.read(output)) == (0, Statement.SUCCEEDED), output
    manifest = read_manifest(output)
    assert manifest is not None
    assert (manifest.backup, manifest.artifact_id) == (TAKEN, "reg/odoo@sha256:5c")
    write(host, "after", "another picture")
    script, wording = restore()
    code, output = await host.run(script)
    assert (code, wording.read(output)) == (0, Statement.SUCCEEDED), output
    assert seen(host) == before
    assert [file.name for file in (host.folder / "db").iterdir()] == [DATABASE]


async def test_web_goes_on_during_a_backup_and_is_stopped_during_a_restore(host: Host):
    await host.run(backup()[0])
    calls = host.folder / "calls"
    assert "stop web" not in calls.read_text()
    await host.run(restore()[0])
    assert "stop web" in calls.read_text()
    assert (host.folder / "web").read_text() == "true\n"


async def test_a_backup_that_breaks_off_leaves_nothing_behind(host: Host):
    (host.folder / "no-dump").touch()
    script, wording = backup()
    code, output = await host.run(script)
    assert (code, wording.read(output)) == (1, Statement.FAILED)
    assert read_manifest(output) is None
    assert not (host.folder / "data" / ".laneway-backups" / TAKEN).exists()


async def test_a_dump_that_cannot_be_read_again_is_no_backup(host: Host):
    (host.folder / "db" / DATABASE).write_text("half of it")
    code, output = await host.run(backup()[0])
    assert (code, read_manifest(output)) == (1, None)


async def test_a_lane_without_files_is_backed_up_and_restored_without(host: Host):
    store = host.folder / "data" / "filestore"
    (store / DATABASE / "ab" / "picture").unlink()
    (store / DATABASE / "ab").rmdir()
    (store / DATABASE).rmdir()
    assert (await host.run(backup()[0]))[0] == 0
    write(host, "after", "another picture")
    code, output = await host.run(restore()[0])
    assert code == 0, output
    assert seen(host) == ("before, whole\n", [])


@pytest.mark.parametrize("what", ["damaged", "not there", "cannot be unpacked"])
async def test_a_backup_that_is_no_good_changes_nothing(host: Host, what: str):
    await host.run(backup()[0])
    write(host, "after", "another picture")
    after = seen(host)
    if what == "damaged":
        place = host.folder / "data" / ".laneway-backups" / TAKEN / "database.dump"
        place.write_text("damaged, whole\n")
    elif what == "cannot be unpacked":
        (host.folder / "no-restore").touch()
    script, wording = restore("op_NEVER_1" if what == "not there" else TAKEN)
    code, output = await host.run(script)
    assert (code == 0, wording.read(output)) == (False, Statement.FAILED)
    assert seen(host) == after
    assert (host.folder / "web").read_text() == "true\n"


async def test_a_second_delivery_restores_nothing_again(host: Host):
    await host.run(backup()[0])
    assert (await host.run(restore()[0]))[0] == 0
    write(host, "work of this morning")
    code, output = await host.run(restore()[0])
    assert (code, output.strip()) == (0, restore()[1].succeeded_before)
    assert seen(host)[0] == "work of this morning, whole\n"


async def test_a_backup_s_name_cannot_leave_its_quotes(host: Host):
    await host.run(restore("x'; touch $WORLD/owned; '")[0])
    assert not (host.folder / "owned").exists()


def test_what_is_filled_in_is_not_filled_in_again():
    wording = Wording(kind="backup", database=DATABASE, marker=TAKEN)
    values = {"artifact_id": "reg/odoo@succeeded@", "source_git_ref": "abc"}
    text = build(ScriptSpec(wording=wording, project="p", work=BACKUP, values=values))
    assert "artifact=reg/odoo@succeeded@\n" in text
