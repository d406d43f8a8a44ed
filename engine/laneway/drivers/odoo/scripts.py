"""The scripts that do the work beside Odoo's containers.

They run on the host of the compose, as root, in bash, and reach the containers through `docker`.
In front of the work stands the guard (``laneway-guard``): it makes a directory named after the
attempt's marker in the data volume. Making a directory succeeds once, so the work of a marker
begins once, however often the script is delivered: by a POST that a proxy repeats, by a person who
presses the button, or by the engine that starts an attempt again. A later delivery ends as the
first one did, or says that the first one has not ended.

The data volume, the services' names and the command are those of the Odoo images of the product.

There are three kinds of work: the product's own data workflow, and the two halves of a way back,
which Dokploy's API does not have: `works.BACKUP` and `works.RESTORE`.
"""

import re
import shlex

import msgspec

from laneway.drivers.dokploy.statements import Wording
from laneway.drivers.odoo.works import PLACES, Work

GUARD_ROOT = "/volumes/data/.laneway"
HELD_BACK = 75  # sysexits' EX_TEMPFAIL: the work of this marker has begun and has not ended


class ScriptSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a script is about.

    Attributes:
        wording: the lines with which it says how it went.
        project: the compose's appName, which its containers are labelled with.
        work: what it does.
        values: of the names that the work's text holds, such as ``backup``.
    """

    wording: Wording
    project: str
    work: Work
    values: dict[str, str] = {}


def build(spec: ScriptSpec) -> str:
    """The script's text; everything that is not fixed is quoted for the shell."""
    values = {
        "marker": spec.wording.marker,
        "kind": spec.wording.kind,
        "project": shlex.quote(spec.project),
        "database": shlex.quote(spec.wording.database),
        "guard_root": shlex.quote(GUARD_ROOT),
        "stops_web": "true" if spec.work.stops_web else "false",
        "held_back": str(HELD_BACK),
        "begins": shlex.quote(spec.wording.begins),
        "succeeded": shlex.quote(spec.wording.succeeded),
        "failed": shlex.quote(spec.wording.failed),
        "succeeded_before": shlex.quote(spec.wording.succeeded_before),
        "failed_before": shlex.quote(spec.wording.failed_before),
        "begun_before": shlex.quote(spec.wording.begun_before),
        **{name: shlex.quote(value) for name, value in {**PLACES, **spec.values}.items()},
    }
    text = _TEMPLATE.replace("@work@\n", spec.work.text)
    # In one go: what is filled in may itself look like something to be filled in.
    return _NAME.sub(lambda name: values[name[1]], text)


_NAME = re.compile(r"@([a-z_]+)@")
_TEMPLATE = """\
# laneway-guard: the work of this marker begins once, however often the script is delivered
LANEWAY_OPERATION=@marker@
set -u -o pipefail
project=@project@
database=@database@
guard=@guard_root@/"$LANEWAY_OPERATION"
web=

container() {
  docker ps -aq --filter "label=com.docker.compose.project=$project" \\
    --filter "label=com.docker.compose.service=$1" | head -n 1
}
as_root() { docker exec -u root "$runner" "$@"; }
give_up() { echo @failed@" ($1)"; exit "$2"; }

@work@

runner=$(container script-runner)
[ -n "$runner" ] || give_up "there is no script-runner container" 1
server=$(container database)
for needed in "$server" "$runner"; do
  [ -z "$needed" ] || docker start "$needed" >/dev/null || give_up "a container does not start" 1
done
configured=$(docker exec "$runner" printenv ODOO_DB_NAME)
case "$configured" in
  ''|"$database") ;;
  *) give_up "the container is set to another database" 1 ;;
esac

as_root mkdir -p @guard_root@ || give_up "the guard cannot be set" 1
if ! as_root mkdir "$guard" 2>/dev/null; then
  as_root test -d "$guard" || give_up "the guard cannot be set" 1
  ended=$(as_root cat "$guard/exit" 2>/dev/null)
  case "$ended" in
    '') echo @begun_before@; exit @held_back@ ;;
    0) echo @succeeded_before@; exit 0 ;;
    *) echo @failed_before@; exit "$ended" ;;
  esac
fi

start_web() { [ -z "$web" ] || docker start "$web" >/dev/null; web=; }
trap start_web EXIT
found=$(container web)
runs() { [ -n "$1" ] && [ "$(docker inspect -f '{{.State.Running}}' "$1")" = true ]; }
if @stops_web@ && runs "$found"; then
  web=$found
  docker stop "$web" >/dev/null
fi

echo @begins@
work 2>&1
code=$?
as_root sh -c 'echo "$2" >"$1/exit.new" && mv "$1/exit.new" "$1/exit"' laneway "$guard" "$code"
start_web
[ "$code" -eq 0 ] || give_up "exit code $code" "$code"
echo @succeeded@
"""
