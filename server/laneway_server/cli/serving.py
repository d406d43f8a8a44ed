"""``serve``: run the server until a signal ends it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from .exits import Exit
from .output import Output


def _option(help_text: str, metavar: str | None = None, panel: str | None = None) -> Any:
    """An option whose default is the setting's; the text names it in brackets."""
    return typer.Option(metavar=metavar, help=help_text, rich_help_panel=panel)


Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Read settings from this YAML file."),
]
Demo = Annotated[
    bool | None,
    typer.Option("--demo", help="Serve a simulated Dokploy and Odoo, with open access."),
]
Access = Annotated[
    Path | None, _option("The access file: who is believed, and what they may do.", "FILE")
]
OpenAccess = Annotated[
    bool | None,
    typer.Option(
        "--open-access",
        help="Let callers say who they are (Authorization: Bearer NAME); on loopback only.",
    ),
]
Listen = Annotated[
    str | None, _option("Listen here; port 0 takes a free one. [127.0.0.1:8080]", "HOST:PORT")
]
Database = Annotated[
    Path | None, _option("The SQLite file. [laneway.db; for a demo a temporary one]", "FILE")
]
Plans = Annotated[Path | None, _option("The folder with the plans. [those that ship]", "DIR")]
Targets = Annotated[
    Path | None, _option("The file with the lanes' target records; a demo has its own.", "FILE")
]
EvidenceKey = Annotated[
    Path | None,
    _option("Sign evidence bundles with this private key. [none; a demo makes its own]", "FILE"),
]
Grace = Annotated[
    str | None, _option("How long actions may go on once it is to stop. [30s]", "DURATION")
]
Poll = Annotated[
    str | None, _option("How soon a run in Dokploy is looked at. [1s]", "DURATION", "Dokploy")
]
Settle = Annotated[
    str | None,
    _option("How long it must show the same to be believed. [10s]", "DURATION", "Dokploy"),
]
RowWait = Annotated[
    str | None,
    _option("How long it may neither answer nor list a run. [5m]", "DURATION", "Dokploy"),
]
Private = Annotated[
    bool | None,
    typer.Option(
        "--probe-private-addresses/--no-probe-private-addresses",
        help="Let checks connect to private and loopback addresses. [yes]",
    ),
]
HttpHosts = Annotated[
    str | None,
    _option("Where http.* actions may go beside the lane's own address. [nowhere]", "HOST,…"),
]
MaxBody = Annotated[int | None, _option("Bytes of a request's body. [262144]", "N", "Limits")]
MaxDepth = Annotated[int | None, _option("Nesting of a request's body. [64]", "N", "Limits")]
MaxStreams = Annotated[int | None, _option("Event streams at once. [1000]", "N", "Limits")]
MaxWaiters = Annotated[int | None, _option("Waiting requests at once. [1000]", "N", "Limits")]
CallerStreams = Annotated[
    int | None, _option("Event streams of one caller. [100; open access: all]", "N", "Limits")
]
CallerWaiters = Annotated[
    int | None, _option("Waiting requests of one caller. [100; open access: all]", "N", "Limits")
]
Submissions = Annotated[
    int | None,
    _option("Submissions of one caller in a minute. [120; open access: any]", "N", "Limits"),
]
Burst = Annotated[int | None, _option("How many of these at once. [60]", "N", "Limits")]
AuthFailures = Annotated[
    int | None, _option("Credentials of one address that may be refused. [20]", "N", "Limits")
]
AuthWindow = Annotated[
    str | None, _option("In how long a time; then it is not listened to. [5m]", "TIME", "Limits")
]
Proxies = Annotated[
    str | None,
    _option("Whose X-Forwarded-For is believed. [nobody's]", "ADDRESS,…", "Network"),
]
Tls = Annotated[
    bool | None,
    typer.Option(
        "--behind-tls",
        help="Callers reach the server by HTTPS only: browsers are told to keep to it.",
        rich_help_panel="Network",
    ),
]
Buffer = Annotated[
    int | None, _option("Events that a stream's reader may fall behind. [1000]", "N", "Limits")
]
PruneInterval = Annotated[
    str | None, _option("How often what may go is removed; 0s: never. [1h]", "TIME", "Records")
]
PruneBatch = Annotated[
    int | None, _option("Operations removed in one transaction. [50]", "N", "Records")
]
MaxArtifact = Annotated[int | None, _option("Bytes of one artifact. [16 MiB]", "N", "Records")]
OperationArtifacts = Annotated[
    int | None, _option("Bytes of an operation's artifacts. [64 MiB]", "N", "Records")
]
MaxArtifacts = Annotated[int | None, _option("Bytes of all artifacts. [10 GiB]", "N", "Records")]
Checkpoints = Annotated[
    str | None,
    _option("external: Litestream moves the log into the database. [own]", "WHO", "Records"),
]
LogFormat = Annotated[
    str | None, _option("text, json, or auto: text on a terminal. [auto]", "FORMAT", "Logs")
]
LogLevel = Annotated[str | None, _option("debug, info, warning or error. [info]", "LEVEL", "Logs")]


def serve(
    config: Config = None,
    *,
    demo: Demo = None,
    listen: Listen = None,
    database: Database = None,
    plans: Plans = None,
    targets: Targets = None,
    access: Access = None,
    evidence_key: EvidenceKey = None,
    open_access: OpenAccess = None,
    drain_grace: Grace = None,
    dokploy_poll: Poll = None,
    dokploy_settle: Settle = None,
    dokploy_row_wait: RowWait = None,
    probe_private_addresses: Private = None,
    http_hosts: HttpHosts = None,
    max_body: MaxBody = None,
    max_depth: MaxDepth = None,
    max_streams: MaxStreams = None,
    max_waiters: MaxWaiters = None,
    max_caller_streams: CallerStreams = None,
    max_caller_waiters: CallerWaiters = None,
    max_submissions: Submissions = None,
    submission_burst: Burst = None,
    max_auth_failures: AuthFailures = None,
    auth_failure_window: AuthWindow = None,
    trusted_proxies: Proxies = None,
    behind_tls: Tls = None,
    stream_buffer: Buffer = None,
    prune_interval: PruneInterval = None,
    prune_batch: PruneBatch = None,
    max_artifact: MaxArtifact = None,
    max_operation_artifacts: OperationArtifacts = None,
    max_artifacts: MaxArtifacts = None,
    checkpoints: Checkpoints = None,
    log_format: LogFormat = None,
    log_level: LogLevel = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C; to try it: laneway serve --demo.

    Every option may also be a line of the file that --config names (max_body: 65536), or a variable
    (LANEWAY_MAX_BODY); the command line has the last word.
    """
    flags = {name: value for name, value in locals().items() if name != "config"}
    code = run(Output(), config, flags)
    if code is not Exit.PASS:
        raise typer.Exit(code)


def run(output: Output, config: Path | None, flags: dict[str, Any]) -> Exit:
    """Run the server, and return how the command ends."""
    from laneway_server import bootstrap
    from laneway_server.config import ConfigInvalid, load
    from laneway_server.service import Service, StartupFailed

    def started(service: Service) -> None:
        if shows_banner(service.settings.log_format):
            from .banner import banner

            output.lines(banner(service), err=True)

    try:
        bootstrap.serve(load(config, os.environ, flags), started)
    except ConfigInvalid as invalid:
        _complain(output, invalid.mistakes)
        return Exit.USAGE
    except StartupFailed as failed:
        _complain(output, str(failed).splitlines())
        return Exit.FAIL
    return Exit.PASS


def shows_banner(log_format: str) -> bool:
    """Whether standard error is for people: a log of JSON lines must stay one."""
    return log_format == "text" or (log_format == "auto" and sys.stderr.isatty())


def _complain(output: Output, mistakes: Iterable[str]) -> None:
    for mistake in mistakes:
        output.error(mistake)
