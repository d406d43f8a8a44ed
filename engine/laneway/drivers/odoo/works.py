"""What the scripts do between their guard and their last line: a shell function called `work`.

**A backup** is a folder in the data volume, named after the attempt's marker: the database as
`pg_dump` writes it, the filestore of that moment, and a list of both files' digests, which is
written last and only once both could be read again in full. Odoo never changes a file of its
filestore, so taking the database first misses none. Web goes on meanwhile. It is a way back, on the
same disk: it is no protection against losing the host.

**A restore** puts such a backup in the place of the lane's database and filestore. Everything is
unpacked beside them first, so that a backup that is damaged, or a disk that is full, leaves the
lane as it is. Then two renamings put it in place, and what was there is gone.

The database's own container has the tools of its release, and knows its user (`POSTGRES_USER`).
Names are given to `psql` as variables, so that it quotes them.
"""

import msgspec

BACKUPS = "/volumes/data/.laneway-backups"
FILESTORE = "/volumes/data/filestore"
MANIFEST = "laneway-backup:"
"""How the lines begin that tell of a backup; ``laneway.drivers.odoo.manifest`` reads them."""

PLACES = {"backups": BACKUPS, "filestore": FILESTORE, "manifest": MANIFEST}
"""Values of names that the texts hold, whatever they are about."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of work.

    Attributes:
        text: defines the function; ``@name@`` stands for values, quoted for the shell.
        stops_web: whether Odoo's own container is stopped meanwhile.
    """

    text: str
    stops_web: bool = True


WORKFLOW = Work(
    text="""\
work() {
  docker exec -e ODOO_DB_NAME="$database" "$runner" \\
    python3 -u /volumes/scripts/run_odoo_data_workflows.py @argument@
}
"""
)

_SERVER = """\
in_server() { docker exec -i "$server" "$@"; }
as_user() {
  in_server sh -c 'tool=$1; shift; exec "$tool" -U "${POSTGRES_USER:-postgres}" "$@"' laneway "$@"
}
"""

BACKUP = Work(
    stops_web=False,
    text=_SERVER
    + """\
artifact=@artifact_id@
source=@source_git_ref@
place=@backups@/"$LANEWAY_OPERATION"
files=@filestore@
tells=@manifest@
archive() {
  as_root sh -c 'if [ -d "$1/$2" ]; then tar -C "$1" -cf "$3" "$2"
    else tar -cf "$3" -T /dev/null; fi' laneway "$files" "$database" "$place/filestore.tar"
}
keep() { docker exec -i -u root "$runner" sh -c 'cat >"$1"' laneway "$place/$1"; }
take() {
  as_root mkdir -p "$place" &&
    as_user pg_dump -Fc "$database" </dev/null | keep database.dump &&
    archive &&
    as_root cat "$place/database.dump" | in_server pg_restore -f /dev/null &&
    as_root tar -tf "$place/filestore.tar" >/dev/null &&
    as_root sh -c 'cd "$1" && sha256sum database.dump filestore.tar >new && mv new complete' \\
      laneway "$place"
}
tell() {
  bytes=$(as_root stat -c %s "$place/$1")
  echo "$tells $1 $bytes $(as_root sha256sum "$place/$1" | cut -c 1-64)"
}
work() {
  if ! take; then
    as_root rm -rf "$place"
    return 1
  fi
  tell database.dump
  tell filestore.tar
  echo "$tells $LANEWAY_OPERATION of $artifact from $source is complete"
}
""",
)

RESTORE = Work(
    text=_SERVER
    + """\
backup=@backup@
place=@backups@/"$backup"
files=@filestore@
spare="$database"_laneway
gone="$database"_replaced
sql() {
  as_user psql -X -q -d postgres -v ON_ERROR_STOP=1 \\
    -v name="$database" -v spare="$spare" -v gone="$gone"
}
make_spare() {
  sql <<'END'
drop database if exists :"spare";
drop database if exists :"gone";
select pg_encoding_to_char(encoding) as code, datcollate as sorting, datctype as letters,
  pg_get_userbyid(datdba) as owner from pg_database where datname = :'name' \\gset
create database :"spare" owner :"owner" template template0
  encoding :'code' lc_collate :'sorting' lc_ctype :'letters';
END
}
unpack() {
  as_root sh -c 'cd "$1" && sha256sum -c --quiet complete' laneway "$place" &&
    make_spare &&
    as_root cat "$place/database.dump" | as_user pg_restore --exit-on-error -d "$spare" &&
    as_root rm -rf "$files/$spare" "$files/$gone" &&
    as_root mkdir -p "$files/$spare" &&
    as_root tar -C "$files/$spare" -xpf "$place/filestore.tar"
}
swap_databases() {
  sql <<'END'
select count(pg_terminate_backend(pid)) as ended from pg_stat_activity
  where datname = :'name' \\gset
begin;
alter database :"name" rename to :"gone";
alter database :"spare" rename to :"name";
commit;
END
}
swap_files() {
  as_root sh -c 'set -e; cd "$1"
    if [ -e "$2" ]; then mv "$2" "$4"; fi
    if [ -e "$3/$2" ]; then mv "$3/$2" "$2"; fi
    rm -rf "$3"' laneway "$files" "$database" "$spare" "$gone"
}
clear_away() {
  as_root rm -rf "$files/$gone"
  echo 'drop database :"gone";' | sql
}
work() { unpack && swap_databases && swap_files && clear_away; }
""",
)
