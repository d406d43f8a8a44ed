"""The server's settings: what there is to say, and what is so where nothing is said.

Every setting has one name: ``max_body`` in ``laneway.yaml``, ``LANEWAY_MAX_BODY`` in the
environment, ``--max-body`` on the command line. How they are read is in ``config``.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from laneway.core.instants import DURATION_PATTERN, parse_duration

Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Bytes = Annotated[int, Meta(ge=0, le=2**50)]

_SOME_TIME = r"^[1-9][0-9]{0,8}(ms|s|m|h|d)$"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a server is run.

    Who may do what is said by an `access` file. Without one a server serves programs on the same
    machine, with `demo` or with `open_access`, and listens on a loopback address only.
    """

    listen: Annotated[
        str, Meta(description="HOST:PORT; port 0 takes a free one.", examples=["127.0.0.1:8080"])
    ] = "127.0.0.1:8080"
    database: Annotated[
        str | None,
        Meta(description="The SQLite file; default `laneway.db`, for a demo a temporary one."),
    ] = None
    plans: Annotated[
        str | None, Meta(description="The folder with the plans; default: those that ship.")
    ] = None
    targets: Annotated[
        str | None, Meta(description="The file with the lanes' target records; not for a demo.")
    ] = None
    access: Annotated[
        str | None,
        Meta(description="The access file: who is believed, and which rules say what they may do."),
    ] = None
    evidence_key: Annotated[
        str | None,
        Meta(
            description="The private key that evidence bundles are signed with (`laneway key "
            "create` makes one); default: they are not signed, or by a demo with a key of its own,"
            " made anew at each start and worth nothing."
        ),
    ] = None
    demo: Annotated[
        bool,
        Meta(description="Serve a simulated Dokploy and Odoo, with open access, on loopback."),
    ] = False
    open_access: Annotated[
        bool,
        Meta(description="Let callers say who they are (`Authorization: Bearer NAME`); loopback."),
    ] = False
    drain_grace: Annotated[
        str,
        Meta(
            pattern=DURATION_PATTERN,
            description="How long actions may go on once the server is asked to stop.",
            examples=["30s", "2m"],
        ),
    ] = "30s"
    dokploy_poll: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How soon a run in Dokploy is looked at; less and less often, down to a "
            "tenth as often.",
            examples=["1s", "5s"],
        ),
    ] = "1s"
    dokploy_settle: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How long Dokploy must show the same before it is believed that it will "
            "not tell more of a run.",
            examples=["10s", "1m"],
        ),
    ] = "10s"
    dokploy_row_wait: Annotated[
        str,
        Meta(
            pattern=_SOME_TIME,
            description="How long a call that runs a schedule may go unanswered without Dokploy "
            "listing a run of it.",
            examples=["5m"],
        ),
    ] = "5m"
    probe_private_addresses: Annotated[
        bool,
        Meta(
            description="Let checks connect to private and loopback addresses; link-local ones "
            "are refused in any case."
        ),
    ] = True
    http_hosts: Annotated[
        str,
        Meta(
            description="Where `http.*` actions may go beside the lane's own address, separated by "
            "commas: HOST, HOST:PORT, or *.DOMAIN for what is below it. Without a port the "
            "scheme's own is meant.",
            examples=["status.example.org, *.internal.example.org:8443"],
        ),
    ] = ""
    max_body: Annotated[Positive, Meta(description="Bytes of a request's body.")] = 256 * 1024
    max_depth: Annotated[int, Meta(ge=4, le=200, description="How deep a body is nested.")] = 64
    max_streams: Annotated[Positive, Meta(description="Event streams that are open at once.")] = (
        1_000
    )
    max_waiters: Annotated[Positive, Meta(description="Requests that wait at once.")] = 1_000
    max_caller_streams: Annotated[
        Positive | None,
        Meta(description="Event streams of one caller; default 100, with open access all."),
    ] = None
    max_caller_waiters: Annotated[
        Positive | None,
        Meta(description="Requests of one caller that wait; default 100, with open access all."),
    ] = None
    max_submissions: Annotated[
        Positive | None,
        Meta(
            description="Submissions and retries of one caller in a minute; default 120, with open "
            "access, where callers choose their names, as many as they like."
        ),
    ] = None
    submission_burst: Annotated[
        Positive, Meta(description="How many of these at once, after a while without any.")
    ] = 60
    max_auth_failures: Annotated[
        Positive,
        Meta(
            description="Credentials from one address (for IPv6: one /64) that may be refused at "
            "once, and then in each `auth_failure_window`, before it is not listened to."
        ),
    ] = 20
    auth_failure_window: Annotated[
        str, Meta(pattern=_SOME_TIME, description="See `max_auth_failures`.", examples=["5m"])
    ] = "5m"
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Addresses and networks, separated by commas, whose `X-Forwarded-For` is "
            "believed.",
            examples=["10.0.0.7, 192.168.0.0/16"],
        ),
    ] = ""
    behind_tls: Annotated[
        bool,
        Meta(
            description="Callers reach the server by HTTPS only: browsers are told to keep to it."
        ),
    ] = False
    stream_buffer: Annotated[
        Positive,
        Meta(description="Events that a stream's reader may fall behind while it takes nothing."),
    ] = 1_000
    prune_interval: Annotated[
        str,
        Meta(
            pattern=DURATION_PATTERN,
            description="How often operations are removed whose plan's `retention` lets them go; "
            "`0s` is never: then only `laneway prune` removes any.",
            examples=["1h", "0s"],
        ),
    ] = "1h"
    prune_batch: Annotated[
        int, Meta(ge=1, le=1_000, description="Operations removed in one transaction.")
    ] = 50
    max_artifact: Annotated[
        Bytes,
        Meta(
            description="Bytes of one artifact, such as a log. A longer text is cut in its middle, "
            "anything else left out; the evidence says so, and the phase goes on."
        ),
    ] = 16 * 1024 * 1024
    max_operation_artifacts: Annotated[
        Bytes, Meta(description="Bytes of all artifacts of one operation; see `max_artifact`.")
    ] = 64 * 1024 * 1024
    max_artifacts: Annotated[
        Bytes, Meta(description="Bytes of all artifacts in the database; see `max_artifact`.")
    ] = 10 * 1024 * 1024 * 1024
    checkpoints: Annotated[
        Literal["own", "external"],
        Meta(
            description="Who moves SQLite's write-ahead log into the database: the server, or "
            "`external`, where Litestream does; see docs/backup.md. Never both."
        ),
    ] = "own"
    log_format: Annotated[
        Literal["auto", "text", "json"], Meta(description="`auto`: text on a terminal, else JSON.")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="What is logged at least.")
    ] = "info"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def grace(self) -> int:
        """`drain_grace` in milliseconds."""
        return parse_duration(self.drain_grace)
