"""What follows from the settings alone, in the words of those who need it."""

from laneway.core.instants import parse_duration
from laneway.runtime.artifacts import ArtifactLimits
from laneway.runtime.pruning import PruningSettings

from .access.addresses import Front, networks
from .config import listed
from .services import Limits
from .settings import Settings


def limits(settings: Settings) -> Limits:
    """What the server takes."""
    # Where callers choose their names, a limit for each of them keeps nobody out.
    usual: dict[str, int | None] = {"places": 100, "submissions": 120, "refusals": 20}
    if settings.demo or settings.open_access:
        usual = dict.fromkeys(usual)
    return Limits(
        body=settings.max_body,
        depth=settings.max_depth,
        streams=settings.max_streams,
        waiters=settings.max_waiters,
        behind=settings.stream_buffer,
        caller_streams=settings.max_caller_streams or usual["places"],
        caller_waiters=settings.max_caller_waiters or usual["places"],
        submissions=settings.max_submissions or usual["submissions"],
        burst=settings.submission_burst,
        refusals=usual["refusals"],
        failures=settings.max_auth_failures,
        failure_window=parse_duration(settings.auth_failure_window),
    )


def artifact_limits(settings: Settings) -> ArtifactLimits:
    """How much of what attempts leave behind is kept."""
    return ArtifactLimits(
        artifact=settings.max_artifact,
        operation=settings.max_operation_artifacts,
        store=settings.max_artifacts,
    )


def pruning(settings: Settings) -> PruningSettings | None:
    """How often old operations are looked for; None: never."""
    interval = parse_duration(settings.prune_interval)
    return PruningSettings(interval=interval, batch=settings.prune_batch) if interval else None


def front(settings: Settings) -> Front:
    """What stands between the server and its callers."""
    proxies = networks(listed(settings.trusted_proxies))
    return Front(proxies=proxies, tls=settings.behind_tls)
